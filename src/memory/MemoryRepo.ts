// The repositories in memory, for tests: they keep the promises of those in PostgreSQL, except durability.

import { Context, Effect, Layer, Ref, Semaphore } from "effect"
import type { Position } from "../domain/Chunk.ts"
import { FileTakenError } from "../repo/FileTakenError.ts"
import { earliest, type LaneCheckpoint, laneCount } from "../domain/Lane.ts"
import { Answer, type Location, tally } from "../domain/Location.ts"
import type { Reject } from "../domain/Reject.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import { makeQueue } from "./memoryQueue.ts"
import { type FileIdentity, type FileLoad, type Part, type Resume, RunRepo, type RunRequest } from "../repo/RunRepo.ts"
import { merge, type StoredUser } from "./StoredUser.ts"
import { type LoadRef, type PartRef, UserRepo } from "../repo/UserRepo.ts"

type StoredLoad = FileLoad<FileIdentity> & {
  readonly mapping: string
  readonly counts: RecordCounts
  /** By part, where one is taken. */
  readonly fences: ReadonlyMap<number, number>
}

const notStarted: Pick<StoredLoad, "state" | "parts" | "counts" | "fences"> = {
  state: "open",
  parts: [{ part: 0, resume: undefined }],
  counts: noRecords,
  fences: new Map(),
}

const isStarted = ({ parts }: StoredLoad): boolean => parts[0]?.resume !== undefined

/** The tables of `layer`. */
export class Tables extends Context.Service<
  Tables,
  {
    /** By e-mail. */
    readonly users: Ref.Ref<ReadonlyMap<string, StoredUser>>
    readonly rejects: Ref.Ref<ReadonlyArray<Reject & { readonly fileId: number }>>
    /** By address; `NotNow` for a pending one. */
    readonly locations: Ref.Ref<ReadonlyMap<string, Answer>>
  }
>()("user-activity-etl/memory/MemoryRepo/Tables") {}

const moved = (resume: Resume, moving: ReadonlyArray<LaneCheckpoint>, to: Position): Resume => {
  const lanes = [...resume.lanes]
  for (const { lane } of moving) lanes[lane] = to
  return { ...resume, lanes, position: earliest(lanes) }
}

const make = Effect.gen(function* () {
  const users = yield* Ref.make<ReadonlyMap<string, StoredUser>>(new Map())
  const rejects = yield* Ref.make<ReadonlyArray<Reject & { readonly fileId: number }>>([])
  const locations = yield* Ref.make<ReadonlyMap<string, Answer>>(new Map())
  /** The runs to which each pending address belongs. */
  const owners = new Map<string, ReadonlySet<number>>()
  const one = yield* Semaphore.make(1)
  const loads = new Map<number, StoredLoad>()
  const runs = new Map<number, RunRequest & { readonly attempt: number; readonly isFinished: boolean }>()

  const located = (address: string | null, known: ReadonlyMap<string, Location>) =>
    Effect.map(Ref.get(locations), (all) => {
      const answer = address === null ? undefined : all.get(address)
      return (
        (address === null ? undefined : known.get(address)) ?? (answer?._tag === "Located" ? answer.location : null)
      )
    })

  const isHeld = ({ fences }: StoredLoad, { fence, part }: PartRef): boolean => (fences.get(part) ?? 0) === fence

  const partOf = (load: StoredLoad, ref: PartRef): Part | undefined =>
    isHeld(load, ref) ? load.parts.find((one) => one.part === ref.part) : undefined

  const loadOf = ({ fileId, load }: LoadRef) =>
    Effect.suspend(() => {
      const found = loads.get(fileId)
      return found?.load === load ? Effect.succeed(found) : Effect.die(new Error(`file ${fileId} has no load ${load}`))
    })

  const userRepo = UserRepo.of({
    name: "memory",
    connections: laneCount,
    migrate: Effect.void,
    upsert: Effect.fn("UserRepo.upsert")(
      function* (ref, share, { known, queue }) {
        const load = yield* loadOf(ref)
        const { checkpoint } = share
        const part = partOf(load, ref)
        const isAtStart =
          checkpoint._tag === "File"
            ? part !== undefined && part.resume === undefined
            : checkpoint.lanes.every(({ lane, byteOffset }) => part?.resume?.lanes[lane]?.byteOffset === byteOffset)
        if (!isAtStart) return yield* FileTakenError.of(ref.fileId)
        const before = yield* Ref.get(locations)
        const remembered = tally(new Map(queue.map((address) => [address, before.get(address) ?? Answer.notNow])))
        yield* Ref.set(locations, new Map([...queue.map((address) => [address, Answer.notNow] as const), ...before]))
        for (const address of queue) {
          if ((before.get(address) ?? Answer.notNow)._tag === "NotNow")
            owners.set(address, new Set([...(owners.get(address) ?? []), ref.runId]))
        }
        const rows = new Map(yield* Ref.get(users))
        const counts = {
          ...noRecords,
          read: share.users.length + share.rejects.length,
          rejected: share.rejects.length,
          duplicate: share.users.length,
        }
        for (const winner of share.winners) {
          const place = yield* located(winner.user.ip_address, known)
          const [outcome, row] = merge(winner, ref.fileId, place, rows.get(winner.user.email))
          rows.set(winner.user.email, row)
          counts[outcome]++
          counts.duplicate--
        }
        yield* Ref.set(users, rows)
        yield* Ref.update(rejects, (all) => [
          ...all,
          ...share.rejects.map((reject) => ({ ...reject, fileId: ref.fileId })),
        ])
        loads.set(ref.fileId, {
          ...load,
          ...(checkpoint._tag === "File"
            ? { state: "loaded", parts: [] }
            : {
                parts: load.parts.map((one) =>
                  one === part ? { ...one, resume: moved(one.resume!, checkpoint.lanes, checkpoint.to) } : one,
                ),
              }),
          counts: addCounts(load.counts, counts),
        })
        return { counts, refused: [], remembered }
      },
      Semaphore.withPermits(one, 1),
    ),
  })

  const isReplaced = ({ file, fileId }: StoredLoad) =>
    [...loads.values()].some((later) => later.file.uri === file.uri && later.fileId > fileId)

  const countsOf = (runId: number, isCounted = (_: StoredLoad) => true) =>
    [...loads.values()]
      .filter((load) => load.runId === runId && isCounted(load))
      .reduce((sum, load) => addCounts(sum, load.counts), noRecords)

  const toLoad = <File extends FileIdentity>(stored: StoredLoad, file: File, mapping: string): FileLoad<File> => {
    const isOther = stored.mapping !== mapping
    const isLoaded = stored.state === "loaded"
    return {
      ...stored,
      file,
      state: isOther && !isLoaded && isStarted(stored) ? "otherMapping" : stored.state,
      isLoadedByOtherMapping: isOther && isLoaded,
    }
  }

  const runRepo = RunRepo.of({
    begin: (request) =>
      Effect.sync(() => {
        const { source, mapping, force } = request
        const unfinished = [...runs].find(
          ([, run]) => run.source === source && run.mapping === mapping && run.force === force && !run.isFinished,
        )
        const runId = unfinished?.[0] ?? runs.size + 1
        const attempt = (unfinished?.[1].attempt ?? 0) + 1
        runs.set(runId, { ...request, attempt, isFinished: false })
        return { runId, attempt }
      }),
    register: (runId, { mapping }, files) =>
      Effect.sync(() =>
        files.map((file) => {
          const stored = [...loads.values()].find(
            (load) => load.file.uri === file.uri && load.file.fingerprint === file.fingerprint,
          ) ?? {
            file,
            runId,
            fileId: loads.size + 1,
            load: 1,
            mapping,
            isLoadedByOtherMapping: false,
            fence: 0,
            ...notStarted,
          }
          loads.set(stored.fileId, stored)
          return toLoad(stored, file, mapping)
        }),
      ),
    keepProblems: () => Effect.void,
    committed: (runId) => Effect.sync(() => countsOf(runId, (load) => !isReplaced(load))),
    lock: () => Effect.void,
    take: Effect.fnUntraced(function* (runId, { mapping, force }, { file, fileId }, part) {
      const stored = loads.get(fileId)!
      const isOther = stored.mapping !== mapping
      const isLoaded = stored.state === "loaded"
      if (force && (isLoaded ? stored.runId !== runId : isOther)) {
        yield* Ref.update(rejects, (all) => all.filter((reject) => reject.fileId !== fileId))
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
      return { ...toLoad({ ...found, fence }, file, mapping), parts: taken }
    }),
    beginFile: (ref, { header, maxRecordSize, parts }) =>
      Effect.map(loadOf(ref), (load) => {
        if (isStarted(load) || load.fence !== ref.fence) return
        const started = parts.map(({ start, end }, part): Part => {
          const lanes = Array.from({ length: laneCount }, () => start)
          return { part, resume: { position: start, end, header, lanes, maxRecordSize } }
        })
        loads.set(ref.fileId, {
          ...load,
          parts: started,
          fences: new Map(started.map(({ part }) => [part, ref.fence])),
        })
      }),
    finishPart: (ref) =>
      Effect.flatMap(loadOf(ref), (load) => {
        if (!isHeld(load, ref)) return Effect.fail(FileTakenError.of(ref.fileId))
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

  const locationQueue = makeQueue(
    users,
    locations,
    owners,
    (run, other) => runs.get(run)?.source === runs.get(other)?.source,
  )

  return Context.make(UserRepo, userRepo).pipe(
    Context.add(RunRepo, runRepo),
    Context.add(LocationQueue, locationQueue),
    Context.add(Tables, { users, rejects, locations }),
  )
})

/** `UserRepo`, `RunRepo`, `LocationQueue` and their `Tables`. One process, no durability. */
export const layer = Layer.effectContext(make)
