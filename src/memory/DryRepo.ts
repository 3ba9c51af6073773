// The repositories of a dry run: they count records, keep the first of them to show, and store nothing.

import { Context, Effect, Layer, Option, Record } from "effect"
import { baseName } from "../text/format.ts"
import * as Extra from "../domain/Extra.ts"
import { fileColumns } from "../domain/fileColumns.ts"
import { Database } from "../domain/Database.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import { Preview, type Seen } from "../repo/Preview.ts"
import { type FileLoad, RunRepo } from "../repo/RunRepo.ts"
import { type User, userColumns } from "../domain/User.ts"
import { shareOutcome } from "../repo/shareOutcome.ts"
import { userShare, versionsOf } from "../repo/userShare.ts"
import { UserRepo, type UserShare } from "../repo/UserRepo.ts"

const usersShown = 3
const rejectsShown = 10
const badValuesShown = 10

/** No run of a database has this number. */
const runId = 0

const hidden = "***"

const secretColumns = userColumns.filter((column) => column !== "extra" && fileColumns[column].isSecret)

/** Of `extra` the names are shown. */
const withoutSecrets = (user: User): User => {
  const secrets = secretColumns.filter((column) => user[column] !== null)
  return {
    ...user,
    extra: Extra.make(Record.map(Extra.toObject(user.extra), () => hidden)),
    ...Object.fromEntries(secrets.map((column) => [column, hidden])),
  }
}

/** The first users of a share, in the file's order. */
const firstUsers = ({ places, records, winners }: UserShare, file: string, count: number): Seen["users"] =>
  winners
    .toSorted((left, right) => left.byteOffset - right.byteOffset)
    .slice(0, count)
    .map(({ user, byteOffset }) => ({
      file,
      line: records.find((record) => record.byteOffset === byteOffset)!.line,
      user: withoutSecrets(user),
      location: (user.ip_address === null ? undefined : places.get(user.ip_address)) ?? null,
    }))

/** Every file loads from its start. */
const notLoaded = {
  runId,
  load: 1,
  state: "open",
  format: undefined,
  isLoadedByOtherMapping: false,
  parts: [{ part: 0, resume: undefined }],
  fence: 0,
} as const

const make = Effect.sync(() => {
  const files = new Map<number, { readonly name: string; readonly counts: RecordCounts }>()
  const users: Array<Seen["users"][number]> = []
  const rejects: Array<Seen["rejects"][number]> = []
  const badValues: Array<Seen["badValues"][number]> = []

  const seen = Effect.sync((): Seen => ({ users: [...users], rejects: [...rejects], badValues: [...badValues] }))

  const userRepo = UserRepo.of({
    // With one connection the first records shown are the first of the file.
    connections: 1,
    upsert: (share) =>
      Effect.sync(() => {
        const [first] = users.length < usersShown ? share.records : []
        if (first !== undefined) {
          users.push(...firstUsers(share, files.get(first.fileId)!.name, usersShown - users.length))
        }
        return { inserted: versionsOf(share).numbers.length, updated: 0, unchanged: 0, stale: 0 }
      }),
    place: () => Effect.void,
  })

  const countsOf = ({ fileId }: { readonly fileId: number }) => Effect.sync(() => files.get(fileId)!.counts)

  const runRepo = RunRepo.of({
    begin: () => Effect.succeed({ runId, attempt: 1 }),
    register: (_runId, _request, listed) =>
      Effect.sync(() =>
        listed.map((file): FileLoad<typeof file> => {
          const fileId = files.size + 1
          files.set(fileId, { name: baseName(file.uri), counts: noRecords })
          return { ...notLoaded, file, fileId }
        }),
      ),
    keepProblems: () => Effect.void,
    committed: () => Effect.succeed(noRecords),
    lock: () => Effect.void,
    take: (_runId, _request, { file, fileId }) => Effect.succeed({ ...notLoaded, file, fileId }),
    beginFile: () => Effect.void,
    commit: Effect.fnUntraced(function* ({ fileId }, share, { places }, write) {
      const { name, counts: before } = files.get(fileId)!
      const shown = share.rejects.slice(0, rejectsShown - rejects.length)
      rejects.push(...shown.map(({ line, reasons }) => ({ file: name, line, reasons })))
      const written = yield* write(userShare(share, { places, isAhead: false }))
      const { badValues: found, ...outcome } = shareOutcome(share, written)
      const firstValues = found.slice(0, badValuesShown - badValues.length)
      badValues.push(...firstValues.map(({ line, reason }) => ({ file: name, line, reason })))
      files.set(fileId, { name, counts: addCounts(before, outcome.counts) })
      return { ...outcome, remembered: { located: 0, unlocatable: {} } }
    }),
    finishPart: countsOf,
    failFile: () => Effect.void,
    fileCounts: countsOf,
    totals: () => Effect.sync(() => [...files.values()].reduce((sum, { counts }) => addCounts(sum, counts), noRecords)),
    end: () => Effect.void,
  })

  const locationQueue = LocationQueue.of({
    waiting: Effect.succeed(0),
    waitingOf: () => Effect.succeed({ own: 0, others: 0 }),
    claims: Effect.succeed({
      take: () => Effect.succeed([]),
      othersWait: () => Effect.succeed(false),
      answer: () => Effect.void,
      settle: () => Effect.void,
    }),
    placeAtOnce: () => Effect.void,
    queue: () => Effect.succeed([]),
    queueOlderThan: () => Effect.void,
  })

  return Context.make(UserRepo, userRepo).pipe(
    Context.add(Database, { kind: "embedded", name: "nowhere (--dry-run)" }),
    Context.add(RunRepo, runRepo),
    Context.add(LocationQueue, locationQueue),
    Context.add(Preview, Option.some(seen)),
  )
})

/**
 * `UserRepo`, `RunRepo` and `LocationQueue` that store nothing, and a `Preview` of their input: every file is new, and
 * every winner of a chunk counts as inserted. Memory does not grow with the records.
 */
export const layer = Layer.effectContext(make)
