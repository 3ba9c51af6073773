// `etl rejects`: prints the rejects of a run, a line each or as a JSON array.

import { Console, Effect, Path, Stream } from "effect"
import { formatNumber, plural } from "../../text/format.ts"
import { printable, toJson } from "../../text/printable.ts"
import { describeInFull } from "../../domain/Reject.ts"
import { type RejectedFile, RejectRepo, type StoredReject } from "../../repo/RejectRepo.ts"
import { rejectsOut } from "./freeName.ts"
import { makeJsonArray } from "./jsonArray.ts"
import { drained } from "./printAnswer.ts"
import { etl } from "../../text/etl.ts"

/** A pipe or a file gets all. */
const maxOnTerminal = 50

type Listed = Omit<StoredReject, "raw">

const print = (text: string) => Effect.andThen(Console.log(text), drained)

/** Prints all rejects; returns their number. */
export const printJson = Effect.fnUntraced(function* (runId: number, files: ReadonlyArray<RejectedFile>) {
  const { elements, end } = makeJsonArray()
  let count = 0
  const toObject = ({ byteOffset, file, length, line, reasons }: Listed) => ({
    runId,
    file: file.uri,
    line,
    byteOffset,
    length,
    reasons: reasons.map(({ column, detail = null, message, value = null }) => ({ column, value, message, detail })),
  })
  yield* (yield* RejectRepo).list(runId, files).pipe(
    Stream.runForEachArray((rejects) => {
      count += rejects.length
      return print(elements(rejects.map((reject) => `  ${toJson(toObject(reject))}`)))
    }),
  )
  yield* print(end())
  return count
})

/**
 * Prints a line for each reject, and what to do next; returns the number of rejects printed. `same`: the flags that name
 * the database again.
 */
export const printLines = Effect.fnUntraced(function* (
  runId: number,
  files: ReadonlyArray<RejectedFile>,
  same: string,
) {
  const path = yield* Path.Path
  const all = files.reduce((sum, { rejects }) => sum + rejects, 0)
  const shown = process.stdout.isTTY && all > maxOnTerminal ? maxOnTerminal : Infinity
  // A file name may contain line breaks: a reject is one line.
  const format = ({ file, line, reasons }: Listed) =>
    printable(`${path.basename(file.uri)}:${line}: ${reasons.map(describeInFull).join("; ")}`)
  let count = 0
  yield* (yield* RejectRepo).list(runId, files).pipe(
    Stream.take(shown),
    Stream.runForEachArray((rejects) => {
      count += rejects.length
      return print(rejects.map(format).join("\n"))
    }),
  )
  const them = count === 1 ? "it" : "them"
  const write = `${etl} rejects --run ${runId} --out ${yield* rejectsOut}${same} writes ${them} to a file to correct`
  yield* print(
    shown === Infinity
      ? `${plural(count, "reject")}: ${write}`
      : `${formatNumber(count)} of ${plural(all, "reject")}. To see all, run: ${etl} rejects --run ${runId}${same} | less\n${write}`,
  )
  return count
})
