import { Option } from "effect"
import { Flag } from "effect/cli"
import type { RunName } from "../../domain/RunRecord.ts"

export const parseRunName = (text: string): Option.Option<RunName> => {
  if (text === "latest") return Option.some(text)
  const id = /^\d+$/.test(text) ? Number(text) : 0
  return id > 0 && Number.isSafeInteger(id) ? Option.some(id) : Option.none()
}

export const expectedRunName = "latest or a positive whole number"

/** A flag that names a run. */
export const runFlag = (name: string) =>
  Flag.String(name).pipe(
    Flag.filterMap(parseRunName, () => expectedRunName),
    Flag.withMetavar("RUN"),
  )
