// `etl rejects`: prints the rejects of a run, a line each or as a JSON array.

import { Effect, Path } from "effect"
import { formatNumber, plural } from "../../text/format.ts"
import { printable } from "../../text/printable.ts"
import { describeInFull } from "../../domain/Reject.ts"
import { type RejectedFile, RejectRepo, type StoredReject } from "../../repo/RejectRepo.ts"
import { rejectsOut } from "./freeName.ts"
import { print, printArray, printLines, shownOf } from "./keptList.ts"
import { etl } from "../../text/etl.ts"

type Listed = Omit<StoredReject, "raw">

/** Prints all rejects; returns their number. */
export const printRejectsJson = Effect.fnUntraced(function* (runId: number, files: ReadonlyArray<RejectedFile>) {
  const rejects = (yield* RejectRepo).list(runId, files)
  return yield* printArray(rejects, ({ byteOffset, file, length, line, reasons }: Listed) => ({
    runId,
    file: file.uri,
    line,
    byteOffset,
    length,
    reasons: reasons.map(({ column, detail = null, message, value = null }) => ({ column, value, message, detail })),
  }))
})

/**
 * Prints a line for each reject, and what to do next; returns the number of rejects printed. `same`: the flags that name
 * the database again.
 */
export const printRejects = Effect.fnUntraced(function* (
  runId: number,
  files: ReadonlyArray<RejectedFile>,
  same: string,
) {
  const path = yield* Path.Path
  const all = files.reduce((sum, { rejects }) => sum + rejects, 0)
  const shown = shownOf(all)
  // A file name may contain line breaks: a reject is one line.
  const format = ({ file, line, reasons }: Listed) =>
    printable(`${path.basename(file.uri)}:${line}: ${reasons.map(describeInFull).join("; ")}`)
  const count = yield* printLines((yield* RejectRepo).list(runId, files), shown, format)
  const them = count === 1 ? "it" : "them"
  const write = `${etl} rejects --run ${runId} --out ${yield* rejectsOut}${same} writes ${them} to a file to correct`
  yield* print(
    shown === Infinity
      ? `${plural(count, "reject")}: ${write}`
      : `${formatNumber(count)} of ${plural(all, "reject")}. To see all, run: ${etl} rejects --run ${runId}${same} | less\n${write}`,
  )
  return count
})
