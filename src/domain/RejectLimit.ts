// How many records of a run may be rejected before it stops: a number, or a percentage of those read.

import { Option } from "effect"
import type { RecordCounts } from "./RunSummary.ts"

export type RejectLimit =
  | { readonly _tag: "Records"; readonly records: number }
  | { readonly _tag: "Percent"; readonly percent: number }

/** A percentage of fewer records means nothing. */
const minRecordsForPercent = 1_000

/** Parses `N` (a whole number) or `N%` (0 to 100, with decimals). */
export const parse = (text: string): Option.Option<RejectLimit> => {
  const [, number = "", percent] = /^(\d{1,15}(?:\.\d{1,6})?)(%?)$/.exec(text) ?? []
  const value = number === "" ? NaN : Number(number)
  if (percent === "%") return value <= 100 ? Option.some({ _tag: "Percent", percent: value }) : Option.none()
  return Number.isInteger(value) ? Option.some({ _tag: "Records", records: value }) : Option.none()
}

/** A limit as `parse` accepts it. */
export const format = (limit: RejectLimit): string =>
  limit._tag === "Records" ? String(limit.records) : `${limit.percent}%`

/** Whether a run with these counts must stop. */
export const isExceeded = (limit: RejectLimit, { read, rejected }: RecordCounts): boolean =>
  limit._tag === "Records"
    ? rejected > limit.records
    : read >= minRecordsForPercent && rejected * 100 > read * limit.percent
