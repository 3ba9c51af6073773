// Runs, and their queue of addresses, in memory.

import { Context, Effect, Layer, Ref, Semaphore } from "effect"
import type { Address } from "../domain/Address.ts"
import type { Position } from "../domain/Chunk.ts"
import { earliest, type LaneCheckpoint, type Share } from "../domain/Lane.ts"
import { laneCount } from "../domain/laneOf.ts"
import { Answer, type Location, tally } from "../domain/Location.ts"
import { withRemembered } from "../domain/rows/RowPlaces.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import { fileTaken } from "../repo/FileTakenError.ts"
import { inFile } from "../repo/inFile.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import {
  type FileIdentity,
  type FileLoad,
  type LoadRef,
  type Part,
  type PartRef,
  type Resume,
  RunRepo,
  type RunRequest,
  type ShareLocations,
} from "../repo/RunRepo.ts"
import { isOtherFormat } from "../domain/FormatError.ts"
import { isReading, uriInRun } from "../domain/stdin.ts"
import { shareOutcome } from "../repo/shareOutcome.ts"
import { objectShare } from "../repo/userShare.ts"
import { makeQueue } from "./memoryQueue.ts"
import { Tables } from "./Tables.ts"

type StoredLoad = FileLoad<FileIdentity> & {
  readonly mapping: string
  readonly counts: RecordCounts
  /** By part, where one is taken. */
  readonly fences: ReadonlyMap<number, number>
}

const notStarted: Pick<StoredLoad, "state" | "format" | "parts" | "counts" | "fences"> = {
  state: "open",
  format: undefined,
  parts: [{ part: 0, resume: undefined }],
  counts: noRecords,
  fences: new Map(),
}

const isStarted = ({ parts }: StoredLoad): boolean => parts[0]?.resume !== undefined

const isInOtherFormat = (stored: StoredLoad, { format }: RunRequest): boolean => isOtherFormat(stored.format, format)

const moved = (resume: Resume, moving: ReadonlyArray<LaneCheckpoint>, to: Position): Resume => {
  const lanes = [...resume.lanes]
  for (const { lane } of moving) lanes[lane] = to
  return { ...resume, lanes, position: earliest(lanes) }
}

const make = Effect.gen(function* () {
  const { badValues, locations, rejects } = yield* Tables
  /** The runs to which each pending address belongs. */
  const owners = new Map<string, ReadonlySet<number>>()
  const one = yield* Semaphore.make(1)
  const loads = new Map<number, StoredLoad>()
  const runs = new Map<number, RunRequest & { readonly attempt: number; readonly isFinished: boolean }>()

  const isHeld = ({ fences }: StoredLoad, { fence, part }: PartRef): boolean => (fences.get(part) ?? 0) === fence

  const partOf = (load: StoredLoad, ref: PartRef): Part | undefined =>
    isHeld(load, ref) ? load.parts.find((one) => one.part === ref.part) : undefined

  const loadOf = ({ fileId, load }: LoadRef) =>
    Effect.suspend(() => {
      const found = loads.get(fileId)
      return found?.load === load ? Effect.succeed(found) : Effect.die(new Error(`file ${fileId} has no load ${load}`))
    })

  /** Queues the addresses without an answer for the run, and returns the answers of the others. */
  const queueAddresses = Effect.fnUntraced(function* (runId: number, { queue }: ShareLocations) {
    const before = yield* Ref.get(locations)
    const answers = new Map(queue.map((address) => [address, before.get(address) ?? Answer.notNow]))
    yield* Ref.set(locations, new Map([...queue.map((address) => [address, Answer.notNow] as const), ...before]))
    const places = new Map<Address, Location>()
    for (const [address, answer] of answers) {
      if (answer._tag === "Located") places.set(address, answer.location)
      if (answer._tag === "NotNow") owners.set(address, new Set([...(owners.get(address) ?? []), runId]))
    }
    return { remembered: tally(answers), places }
  })

  /** Whether the checkpoints of the part are at the share's start. */
  const isAtStart = (part: Part | undefined, { checkpoint }: Share): boolean =>
    checkpoint._tag === "File"
      ? part !== undefined && part.resume === undefined
      : checkpoint.lanes.every(({ lane, byteOffset }) => part?.resume?.lanes[lane]?.byteOffset === byteOffset)

  /** Whether records that come before those of the part are still to be read. */
  const isAhead = ({ fileId, part }: PartRef): boolean =>
    [...loads.values()].some((load) =>
      load.fileId === fileId
        ? load.parts.some((one) => one.part < part)
        : load.fileId < fileId && load.state !== "loaded" && !isReplaced(load) && !isReading(load.file.uri),
    )

  const moveCheckpoint = (load: StoredLoad, part: Part, { checkpoint }: Share, counts: RecordCounts): StoredLoad => ({
    ...load,
    ...(checkpoint._tag === "File"
      ? { state: "loaded", format: checkpoint.format, parts: [] }
      : {
          parts: load.parts.map((one) =>
            one === part ? { ...one, resume: moved(one.resume!, checkpoint.lanes, checkpoint.to) } : one,
          ),
        }),
    counts: addCounts(load.counts, counts),
  })

  const isReplaced = ({ file, fileId }: StoredLoad) =>
    [...loads.values()].some((later) => later.file.uri === file.uri && later.fileId > fileId)

  const countsOf = (runId: number, isCounted = (_: StoredLoad) => true) =>
    [...loads.values()]
      .filter((load) => load.runId === runId && isCounted(load))
      .reduce((sum, load) => addCounts(sum, load.counts), noRecords)

  const toLoad = <File extends FileIdentity>(stored: StoredLoad, file: File, request: RunRequest): FileLoad<File> => {
    const isOther = stored.mapping !== request.mapping
    const isLoaded = stored.state === "loaded"
    const state = isOther ? "otherMapping" : isInOtherFormat(stored, request) ? "otherFormat" : stored.state
    return {
      ...stored,
      file,
      state: isLoaded || !isStarted(stored) ? stored.state : state,
      isLoadedByOtherMapping: isOther && isLoaded,
    }
  }

  const runRepo = RunRepo.of({
    commit: (ref, share, shareLocations, write) =>
      Effect.gen(function* () {
        const load = yield* loadOf(ref)
        const part = partOf(load, ref)
        if (part === undefined || !isAtStart(part, share)) return yield* fileTaken(ref.fileId)
        const { places, remembered } = yield* queueAddresses(ref.runId, shareLocations)
        const written = yield* write(
          objectShare(share, { places: withRemembered(shareLocations.places, places), isAhead: isAhead(ref) }),
        )
        const { badValues: found, counts, refused } = shareOutcome(share, written)
        yield* Ref.update(rejects, (kept) => [...kept, ...inFile(ref, [...share.rejects, ...refused])])
        yield* Ref.update(badValues, (kept) => [...kept, ...inFile(ref, found)])
        loads.set(ref.fileId, moveCheckpoint(load, part, share, counts))
        return { counts, refused, remembered }
      }).pipe(Effect.withSpan("RunRepo.commit"), Semaphore.withPermits(one, 1)),
    begin: (request) =>
      Effect.sync(() => {
        const { source, mapping, force } = request
        const unfinished = [...runs].find(
          ([, run]) => run.source === source && run.mapping === mapping && run.force === force && !run.isFinished,
        )
        const runId = unfinished?.[0] ?? runs.size + 1
        const attempt = (unfinished?.[1].attempt ?? 0) + 1
        runs.set(runId, { ...request, source: uriInRun(source, runId), attempt, isFinished: false })
        return { runId, attempt }
      }),
    register: (runId, request, files) =>
      Effect.sync(() =>
        files.map((file) => {
          const stored = [...loads.values()].find(
            (load) => load.file.uri === file.uri && load.file.fingerprint === file.fingerprint,
          ) ?? {
            file,
            runId,
            fileId: loads.size + 1,
            load: 1,
            mapping: request.mapping,
            isLoadedByOtherMapping: false,
            fence: 0,
            ...notStarted,
          }
          loads.set(stored.fileId, stored)
          return toLoad(stored, file, request)
        }),
      ),
    keepProblems: () => Effect.void,
    committed: (runId) => Effect.sync(() => countsOf(runId, (load) => !isReplaced(load))),
    lock: () => Effect.void,
    take: Effect.fnUntraced(function* (runId, request, { file, fileId }, part) {
      const { force, mapping } = request
      const stored = loads.get(fileId)!
      const isInOther = isInOtherFormat(stored, request)
      const isOther = stored.mapping !== mapping || isInOther
      const isLoaded = stored.state === "loaded"
      if (force && (isLoaded ? stored.runId !== runId || isInOther : isOther)) {
        yield* Ref.update(rejects, (all) => all.filter((reject) => reject.fileId !== fileId))
        yield* Ref.update(badValues, (all) => all.filter((value) => value.fileId !== fileId))
        const { load } = stored
        loads.set(fileId, {
          ...stored,
          runId,
          load: load + 1,
          mapping,
          ...notStarted,
        })
      } else if (!isLoaded && (!isOther || !isStarted(stored))) loads.set(fileId, { ...stored, runId, mapping })
      const found = loads.get(fileId)!
      const fence = found.fence + 1
      const taken = found.parts.filter((one) => part === undefined || one.part === part)
      const fences = new Map([...found.fences, ...taken.map((one) => [one.part, fence] as const)])
      loads.set(fileId, { ...found, fence, fences })
      return { ...toLoad({ ...found, fence }, file, request), parts: taken }
    }),
    beginFile: (ref, { format, header, maxRecordSize, parts }) =>
      Effect.map(loadOf(ref), (load) => {
        if (isStarted(load) || load.fence !== ref.fence) return
        const started = parts.map(({ start, end }, part): Part => {
          const lanes = Array.from({ length: laneCount }, () => start)
          return { part, resume: { position: start, end, header, format, lanes, maxRecordSize } }
        })
        loads.set(ref.fileId, {
          ...load,
          format,
          parts: started,
          fences: new Map(started.map(({ part }) => [part, ref.fence])),
        })
      }),
    finishPart: (ref) =>
      Effect.flatMap(loadOf(ref), (load) => {
        if (!isHeld(load, ref)) return Effect.fail(fileTaken(ref.fileId))
        const parts = load.parts.filter(({ part }) => part !== ref.part)
        loads.set(ref.fileId, { ...load, parts, state: parts.length === 0 ? "loaded" : "open" })
        return Effect.succeed(load.counts)
      }),
    failFile: () => Effect.void,
    fileCounts: (ref) => Effect.map(loadOf(ref), (load) => load.counts),
    totals: (runId) => Effect.sync(() => countsOf(runId)),
    end: ({ runId, attempt }, { isFinished }) =>
      Effect.sync(() => {
        const run = runs.get(runId)!
        if (run.attempt === attempt) runs.set(runId, { ...run, isFinished })
      }),
  })

  const locationQueue = makeQueue(locations, owners, (run, other) => runs.get(run)?.source === runs.get(other)?.source)

  return Context.make(RunRepo, runRepo).pipe(Context.add(LocationQueue, locationQueue))
})

export const layerRuns: Layer.Layer<RunRepo | LocationQueue, never, Tables> = Layer.effectContext(make)
