import { Option } from "effect"
import { Flag } from "effect/cli"

/** Which run: the one that was tried last, or its number. */
export type RunName = number | "latest"

const parse = (text: string): Option.Option<RunName> => {
  if (text === "latest") return Option.some(text)
  const id = /^\d+$/.test(text) ? Number(text) : 0
  return id > 0 && Number.isSafeInteger(id) ? Option.some(id) : Option.none()
}

/** A flag that names a run. */
export const runFlag = (name: string) =>
  Flag.String(name).pipe(
    Flag.filterMap(parse, (text) => `Expected: latest or a positive whole number, got ${JSON.stringify(text)}`),
    Flag.withMetavar("RUN"),
  )
