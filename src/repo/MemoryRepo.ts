import { Context, Effect, Layer, Ref, Semaphore } from "effect"
import type { Position } from "../domain/Chunk.ts"
import { DatabaseError } from "../domain/DatabaseError.ts"
import { earliest, type LaneCheckpoint, laneCount } from "../domain/Lane.ts"
import { Answer, type Answers, type Location, tally } from "../domain/Location.ts"
import type { Reject } from "../domain/Reject.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import { type Claims, LocationQueue } from "./LocationQueue.ts"
import { type FileIdentity, type FileLoad, type Resume, RunRepo, type RunRequest } from "./RunRepo.ts"
import { merge, type StoredUser } from "./StoredUser.ts"
import { type LoadRef, UserRepo } from "./UserRepo.ts"

type StoredLoad = FileLoad<FileIdentity> & {
  readonly mapping: string
  readonly counts: RecordCounts
}

/** What the repositories of `layer` hold. */
export class Tables extends Context.Service<
  Tables,
  {
    /** By e-mail. */
    readonly users: Ref.Ref<ReadonlyMap<string, StoredUser>>
    readonly rejects: Ref.Ref<ReadonlyArray<Reject & { readonly fileId: number }>>
    /** By address; `NotNow` for one that waits. */
    readonly locations: Ref.Ref<ReadonlyMap<string, Answer>>
  }
>()("user-activity-etl/repo/MemoryRepo/Tables") {}

const moved = (resume: Resume, moving: ReadonlyArray<LaneCheckpoint>, to: Position): Resume => {
  const lanes = [...resume.lanes]
  for (const { lane } of moving) lanes[lane] = to
  return { ...resume, lanes, position: earliest(lanes) }
}

const failure = (message: string) => new DatabaseError({ operation: "query", message, retryable: false })

const make = Effect.gen(function* () {
  const users = yield* Ref.make<ReadonlyMap<string, StoredUser>>(new Map())
  const rejects = yield* Ref.make<ReadonlyArray<Reject & { readonly fileId: number }>>([])
  const locations = yield* Ref.make<ReadonlyMap<string, Answer>>(new Map())
  const one = yield* Semaphore.make(1)
  const claimed = new Set<string>()
  const loads = new Map<number, StoredLoad>()
  const runs = new Map<number, RunRequest & { readonly attempt: number; readonly isFinished: boolean }>()

  const located = (address: string | null, known: ReadonlyMap<string, Location>) =>
    Effect.map(Ref.get(locations), (all) => {
      const answer = address === null ? undefined : all.get(address)
      return (
        (address === null ? undefined : known.get(address)) ?? (answer?._tag === "Located" ? answer.location : null)
      )
    })

  const loadOf = ({ fileId, load }: LoadRef) =>
    Effect.suspend(() => {
      const found = loads.get(fileId)
      return found?.load === load ? Effect.succeed(found) : Effect.fail(failure("there is no such load"))
    })

  const userRepo = UserRepo.of({
    name: "memory",
    connections: laneCount,
    migrate: Effect.void,
    upsert: Effect.fn("UserRepo.upsert")(
      function* (ref, share, { known, queue }) {
        const load = yield* loadOf(ref)
        const { checkpoint } = share
        const stands =
          checkpoint._tag === "File"
            ? load.state === "open" && load.resume === undefined
            : checkpoint.lanes.every(({ lane, byteOffset }) => load.resume?.lanes[lane]?.byteOffset === byteOffset)
        if (!stands) return yield* failure("The checkpoint has moved: another process loads this file.")
        const before = yield* Ref.get(locations)
        const remembered = tally(new Map(queue.map((address) => [address, before.get(address) ?? Answer.notNow])))
        yield* Ref.set(locations, new Map([...queue.map((address) => [address, Answer.notNow] as const), ...before]))
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
            ? { state: "loaded" }
            : { resume: moved(load.resume!, checkpoint.lanes, checkpoint.to) }),
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
      state: isOther && !isLoaded && stored.resume !== undefined ? "otherMapping" : stored.state,
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
            state: "open",
            isLoadedByOtherMapping: false,
            resume: undefined,
            counts: noRecords,
          }
          loads.set(stored.fileId, stored)
          return toLoad(stored, file, mapping)
        }),
      ),
    keepProblems: () => Effect.void,
    committed: (runId) => Effect.sync(() => countsOf(runId, (load) => !isReplaced(load))),
    take: Effect.fnUntraced(function* (runId, { mapping, force }, { file, fileId }) {
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
          state: "open",
          resume: undefined,
          counts: noRecords,
        })
      } else if (!isLoaded && (!isOther || stored.resume === undefined))
        loads.set(fileId, { ...stored, runId, mapping })
      return toLoad(loads.get(fileId)!, file, mapping)
    }),
    beginFile: (ref, { header, maxRecordSize, start }) =>
      Effect.map(loadOf(ref), (load) => {
        const lanes = Array.from({ length: laneCount }, () => start)
        loads.set(ref.fileId, { ...load, resume: load.resume ?? { position: start, header, lanes, maxRecordSize } })
      }),
    finishFile: (ref) =>
      Effect.map(loadOf(ref), (load) => {
        loads.set(ref.fileId, { ...load, state: "loaded" })
        return load.counts
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

  const place = (answers: Answers) =>
    Ref.update(users, (rows) => {
      const located = [...rows].map(([email, row]) => {
        const answer = row.user.ip_address === null ? undefined : answers.get(row.user.ip_address)
        return [email, answer?._tag === "Located" ? { ...row, location: answer.location } : row] as const
      })
      return new Map(located)
    })

  const waiting = Effect.map(Ref.get(locations), (all) => {
    const addresses: Array<string> = []
    for (const [address, { _tag }] of all) if (_tag === "NotNow") addresses.push(address)
    return addresses
  })

  const claims = Effect.gen(function* () {
    const had = new Set<string>()
    yield* Effect.addFinalizer(() => Effect.sync(() => had.forEach((address) => claimed.delete(address))))
    const told = (answers: Answers) => new Map([...answers].filter(([, { _tag }]) => _tag !== "NotNow"))
    return {
      take: (limit, atLeast) =>
        Effect.map(waiting, (addresses) => {
          const batch = addresses.filter((address) => !claimed.has(address)).slice(0, limit)
          if (batch.length < atLeast) return []
          for (const address of batch) {
            claimed.add(address)
            had.add(address)
          }
          return batch
        }),
      othersWait: Effect.map(waiting, (addresses) => addresses.some((address) => !had.has(address))),
      answer: Effect.fnUntraced(function* (_provider, answers) {
        yield* Ref.update(locations, (all) => {
          const next = new Map(all)
          for (const [address, answer] of told(answers)) next.set(address, answer)
          return next
        })
        yield* place(answers)
      }),
      settle: Effect.fnUntraced(function* (answers) {
        if (answers.size === 0) return
        yield* Ref.update(locations, (all) => {
          const next = new Map(all)
          for (const address of told(answers).keys()) next.delete(address)
          return next
        })
        yield* place(answers)
      }),
    } satisfies Claims
  })

  const locationQueue = LocationQueue.of({
    waiting: Effect.map(waiting, (addresses) => addresses.length),
    claims,
    queueUnplaced: Effect.gen(function* () {
      const unplaced = [...(yield* Ref.get(users)).values()].filter(({ location }) => location === null)
      const addresses = unplaced.flatMap(({ user }) => user.ip_address ?? [])
      yield* place(yield* Ref.get(locations))
      yield* Ref.update(
        locations,
        (all) => new Map([...addresses.map((address) => [address, Answer.notNow] as const), ...all]),
      )
    }),
    // Nothing here is remembered for long enough.
    queueOlderThan: () => Effect.void,
  })

  return Context.make(UserRepo, userRepo).pipe(
    Context.add(RunRepo, runRepo),
    Context.add(LocationQueue, locationQueue),
    Context.add(Tables, { users, rejects, locations }),
  )
})

/** `UserRepo`, `RunRepo` and `LocationQueue` in memory, and the tables behind them. One process, no durability. */
export const layer = Layer.effectContext(make)
