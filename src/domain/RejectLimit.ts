import { Option } from "effect"
import type { RecordCounts } from "./RunSummary.ts"

/** How many records of a run may be rejected before it stops: a number, or a share of those read. */
export type RejectLimit =
  | { readonly _tag: "Records"; readonly records: number }
  | { readonly _tag: "Percent"; readonly percent: number }

/** A share says nothing of fewer records. */
const fewestForShare = 1_000

/** Reads `N` (a whole number) or `N%` (0 to 100, with decimals). */
export const parse = (text: string): Option.Option<RejectLimit> => {
  const [, number = "", percent] = /^(\d{1,15}(?:\.\d{1,6})?)(%?)$/.exec(text) ?? []
  const value = number === "" ? NaN : Number(number)
  if (percent === "%") return value <= 100 ? Option.some({ _tag: "Percent", percent: value }) : Option.none()
  return Number.isInteger(value) ? Option.some({ _tag: "Records", records: value }) : Option.none()
}

/** As people write it. */
export const format = (limit: RejectLimit): string =>
  limit._tag === "Records" ? String(limit.records) : `${limit.percent}%`

/** Whether a run that has read so much must stop. */
export const isExceeded = (limit: RejectLimit, { read, rejected }: RecordCounts): boolean =>
  limit._tag === "Records" ? rejected > limit.records : read >= fewestForShare && rejected * 100 > read * limit.percent
