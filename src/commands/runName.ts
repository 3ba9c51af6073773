import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { RunHistory } from "../repo/RunHistory.ts"
import { UsageError } from "./CommandError.ts"

/** Which run: the one that was tried last, or its number. */
export type RunName = number | "latest"

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

export const noRunYet = () =>
  new UsageError({
    message: "The database has no run yet. Load files first: etl --source DIR, with the same database flags.",
  })

/** The id of the run that is meant. */
export const findRun = Effect.fnUntraced(function* (name: RunName) {
  const history = yield* RunHistory
  const latest = yield* history.latestRun
  if (latest === undefined) return yield* noRunYet()
  if (name === "latest") return latest
  if (yield* history.isRun(name)) return name
  return yield* new UsageError({ message: `There is no run ${name}. The latest is ${latest}.` })
})
