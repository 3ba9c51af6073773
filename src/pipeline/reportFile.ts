// Reports a small file that is committed: how it was read, its rejects, its counts.

import { Effect } from "effect"
import type { FileSummary, RecordCounts } from "../domain/RunSummary.ts"
import { reportProgress } from "../observability/Progress.ts"
import type { ReadFile } from "./FilesBuilder.ts"
import * as FileOutcome from "./fileOutcome.ts"
import { logRejects } from "./reportChunk.ts"
import { logFormat, logSkippedRows } from "./reportFormat.ts"
import type { Run } from "./Run.ts"

/** How the file ended. */
interface Ended extends Pick<FileSummary, "located" | "queued" | "milliseconds"> {
  readonly counts: RecordCounts
}

/** As `loadFile` reports a file, at once. Returns its summary. `log`: at which level, unless the file has rejects or bad values. */
export const reportFile = Effect.fnUntraced(
  function* (run: Run, read: ReadFile, { counts, ...ended }: Ended, log: FileOutcome.Log) {
    const { header, load, mayHaveNullWords, rejects } = read
    const { file, fileId } = load
    for (const user of mayHaveNullWords) run.nullWords.add(user)
    run.rejects.add({ name: file.name, number: fileId }, rejects)
    const own = counts.rejected + counts.blanked > 0 ? Effect.logInfo : log
    yield* logFormat(file, header, own)
    yield* logSkippedRows(file.name, read, own)
    const [first] = rejects
    if (first !== undefined) yield* logRejects(rejects.length, first)
    const summary: FileSummary = { ...(yield* FileOutcome.loaded(load, counts, own)), ...ended }
    yield* reportProgress({ _tag: "FileEnded", uri: file.uri, size: file.size })
    return summary
  },
  (effect, _run, { load }) => Effect.annotateLogs(effect, { file: load.file.uri }),
)
