// `etl rejects --values`: prints the bad values of a run, a line each or as a JSON array.

import { Effect, Path } from "effect"
import { describeInFull } from "../../domain/Reject.ts"
import { type BadValueFile, RejectRepo, type StoredBadValue } from "../../repo/RejectRepo.ts"
import { etl } from "../../text/etl.ts"
import { formatNumber, plural } from "../../text/format.ts"
import { printable } from "../../text/printable.ts"
import { print, printArray, printLines, shownOf } from "./keptList.ts"

/** Prints all values; returns their number. */
export const printValuesJson = Effect.fnUntraced(function* (runId: number, files: ReadonlyArray<BadValueFile>) {
  const values = (yield* RejectRepo).badValues.list(runId, files)
  return yield* printArray(values, ({ byteOffset, file, line, reason: { column, message, value = null } }) => ({
    runId,
    file: file.uri,
    line,
    byteOffset,
    column,
    value,
    message,
  }))
})

/** Prints a line for each value, and how many there are, which it returns. `same`: as of `printRejects`. */
export const printValues = Effect.fnUntraced(function* (
  runId: number,
  files: ReadonlyArray<BadValueFile>,
  same: string,
) {
  const path = yield* Path.Path
  const all = files.reduce((sum, { values }) => sum + values, 0)
  const shown = shownOf(all)
  const format = ({ file, line, reason }: StoredBadValue) =>
    printable(`${path.basename(file.uri)}:${line}: ${describeInFull(reason)}`)
  const count = yield* printLines((yield* RejectRepo).badValues.list(runId, files), shown, format)
  yield* print(
    shown === Infinity
      ? `${plural(count, "bad value")}, null in ${count === 1 ? "its user" : "their users"}`
      : `${formatNumber(count)} of ${plural(all, "bad value")}. To see all, run: ${etl} rejects --values --run ${runId}${same} | less`,
  )
  return count
})
