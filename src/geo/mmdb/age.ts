// The age of an .mmdb file, and a note where it is old.

import { Clock, Effect } from "effect"
import { baseName } from "../../text/format.ts"
import type { MmdbFile } from "./file.ts"

const day = 86_400_000
const freshDays = 90

/** The format is not older. */
const firstBuild = Date.UTC(2012, 0, 1)

/** When a file was built, and how old it is: null where its build date is impossible. */
export const ageOf = ({ builtAt }: MmdbFile, now: number) => {
  // Comparisons with NaN are false.
  const isPossible = builtAt >= firstBuild && builtAt <= now + day
  const built = isPossible ? new Date(builtAt).toISOString().slice(0, 10) : null
  const ageDays = isPossible ? Math.max(0, Math.floor((now - builtAt) / day)) : null
  return { built, ageDays, isOld: ageDays !== null && ageDays > freshDays }
}

/**
 * Logs when each file was built, and names those that are older than 90 days; `remedy` says how to get newer ones. No
 * warning: a run of each night would repeat it, with --quiet too. A build date before the format existed, or more than
 * a day in the future, is logged as unknown (null).
 */
export const reportAge = Effect.fnUntraced(
  function* (files: ReadonlyArray<MmdbFile>, remedy: string) {
    const now = yield* Clock.currentTimeMillis
    const old = new Map<string, ReadonlyArray<string>>()
    for (const file of files) {
      const { path } = file
      const { built, ageDays, isOld } = ageOf(file, now)
      yield* Effect.logDebug("geolocation database").pipe(Effect.annotateLogs({ file: path, built, ageDays }))
      if (!isOld) continue
      const age = `built on ${built}, ${ageDays} days ago`
      old.set(age, [...(old.get(age) ?? []), baseName(path)])
    }
    for (const [age, names] of old) {
      yield* Effect.logInfo(`${names.join(" and ")}: ${age}; some places will be wrong. ${remedy}`)
    }
  },
  Effect.annotateLogs({ step: "Locate" }),
)
