// `etl run --cluster`: hands a run over to the workers, and follows it.

import { Duration, Effect, Option } from "effect"
import { follow } from "../cluster/follow.ts"
import { handOver } from "../cluster/handOver.ts"
import type { JobSettings } from "../cluster/LoadRun.ts"
import { toObject } from "../domain/ColumnMapping.ts"
import type { MappingFile } from "../domain/MappingFile.ts"
import { plural } from "../text/format.ts"
import { defaultSplitSize } from "../pipeline/defaults.ts"
import { ClusterRuns } from "../repo/ClusterRuns.ts"
import { Source } from "../source/Source.ts"
import { UsageError } from "./CommandError.ts"
import { CommandLine } from "./invocation.ts"
import { ofWorkers } from "./flags/clusterFlags.ts"
import type { RunFlags } from "./flags/runFlags.ts"
import { chosenSource } from "./sources.ts"
import { printRunContinues } from "./output/runContinues.ts"

/** Flags with a default: whether they were given, only the words show. */
const flagsOfWorkers = /^--(geo|concurrency)(?:=|$)/

const checkFlags = Effect.gen(function* () {
  const words = yield* CommandLine
  const given = words.flatMap((word) => flagsOfWorkers.exec(word)?.[1] ?? [])[0]
  if (given === undefined) return
  return yield* new UsageError({
    message: ofWorkers(given),
  })
})

const toJob = (flags: RunFlags, { format, mapping }: MappingFile, uri: string): JobSettings => ({
  source: chosenSource(flags).refer(flags, uri),
  mapping: Object.entries(toObject(mapping)),
  format,
  chunkSize: flags.chunksize,
  maxRecordSize: flags.maxRecordSize,
  maxRejects: flags.maxRejects,
  force: flags.force,
  locationsMaxAge: Option.match(flags.locationsMaxAge, { onNone: () => null, onSome: Duration.toMillis }),
  splitSize: Option.getOrElse(flags.splitSize, () => defaultSplitSize),
})

export const loadInCluster = Effect.fnUntraced(function* (flags: RunFlags, file: MappingFile) {
  yield* checkFlags
  const { uri } = yield* Source
  const run = yield* handOver(toJob(flags, file, uri), uri)
  const workers = yield* (yield* ClusterRuns).workers
  const toWorkers = (word: string) => (workers === 0 ? "" : ` ${word} ${plural(workers, "worker")}`)
  yield* Effect.logInfo(
    run.wasUnderWay
      ? `Run ${run.runId} of this source is already under way${toWorkers("on")}, with its own flags. Following it.`
      : `Run ${run.runId} is handed over${toWorkers("to")}. It continues when this command is interrupted.`,
  )
  return yield* follow({ ...run, source: uri, locateFor: Option.getOrUndefined(flags.locateFor) }).pipe(
    printRunContinues(run.runId, flags),
  )
})
