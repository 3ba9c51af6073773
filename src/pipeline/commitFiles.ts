// Commits small files that are read, all at once, and reports each.

import { Effect, Option } from "effect"
import { RowSet } from "../domain/rows/RowSet.ts"
import { addCounts, type FileSummary, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import { GeoLocator } from "../geo/GeoLocator.ts"
import { countChunk } from "../observability/Metrics.ts"
import { monotonicMillis } from "../observability/monotonic.ts"
import { reportProgress } from "../observability/Progress.ts"
import type { SmallFiles, WholeFile } from "../repo/RunRepo.ts"
import { plural } from "../text/format.ts"
import { addressesByFile } from "./addressesByFile.ts"
import { describeCounts } from "./fileOutcome.ts"
import type { ReadFile, ReadFiles } from "./FilesBuilder.ts"
import { countAnswers, type Located, locateUsers } from "./locateUsers.ts"
import { reportFile } from "./reportFile.ts"
import type { Run } from "./Run.ts"
import { noLocations } from "./writeShares.ts"

/** Where more files are committed together, a person reads one line of them; the log has one of each. */
const mostLines = 20

/** What is known of the users' addresses without a service. */
const locate = Effect.fnUntraced(function* (run: Run, users: RowSet) {
  const { instant, service } = yield* GeoLocator
  const nothing: Located = { locations: noLocations, answers: [] }
  return instant === undefined && service === undefined
    ? nothing
    : yield* run.stopwatch.time("locate")(locateUsers(run, users))
})

/** Whether the run would be stopped after one of the files. */
const wouldStop = (run: Run, committed: RecordCounts, files: ReadonlyArray<ReadFile>): boolean => {
  let counts = committed
  return files.some(({ records, rejects }) => {
    counts = addCounts(counts, { ...noRecords, read: records, rejected: rejects.length })
    return run.isExceededBy(counts)
  })
}

/**
 * Returns the summaries, in the files' order. None: nothing is committed, as the database refuses a record, or the run is
 * stopped, or would be after one of the files. `since`: when the files before were committed.
 */
export const commitFiles = Effect.fnUntraced(function* (
  run: Run,
  small: SmallFiles,
  { files, rows }: ReadFiles,
  since: number,
) {
  const nothing = Option.none<ReadonlyArray<FileSummary>>()
  if ((yield* run.isStopped) || wouldStop(run, yield* run.committed, files)) return nothing
  const users = RowSet.all(rows)
  const located = yield* locate(run, users)
  const { locations } = located
  const whole = files.map(({ header, load, rejects }): WholeFile => ({
    ...load,
    header: header.bytes,
    format: header.format,
    rejects,
  }))
  const committed = yield* run.stopwatch.time("load")(small.commit(whole, users, locations))
  if (Option.isNone(committed)) return nothing
  const outcome = committed.value
  const counts = outcome.counts.reduce(addCounts, noRecords)
  const time = (yield* monotonicMillis) - since
  yield* countChunk(counts, time / 1_000)
  yield* countAnswers(run, located)
  yield* run.addresses.count("remembered", outcome.remembered)
  yield* run.count(counts)
  yield* reportProgress({ _tag: "ChunkCommitted", counts })
  const addressesOf = addressesByFile(users, locations, outcome)
  const isMany = files.length > mostLines
  const summaries = yield* Effect.forEach(files, (file, index) => {
    const milliseconds = Math.round(time / files.length)
    const ended = { counts: outcome.counts[index]!, milliseconds, ...addressesOf(file.load.fileId) }
    return reportFile(run, file, ended, isMany ? Effect.logDebug : Effect.logInfo)
  })
  if (isMany) {
    const [first, last] = [files[0]!, files.at(-1)!].map(({ load }) => load.file.name)
    const what = `${first} to ${last}, ${plural(files.length, "file")}: ${describeCounts(counts)}`
    yield* Effect.logInfo(what).pipe(Effect.annotateLogs({ step: "Load" }))
  }
  return Option.some(summaries)
})
