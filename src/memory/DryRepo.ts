// The repositories of a dry run: they count records, keep the first of them to show, and store nothing.

import { Context, Effect, Layer, Option } from "effect"
import { baseName } from "../text/format.ts"
import { fileColumns } from "../domain/fileColumns.ts"
import type { Share } from "../domain/Lane.ts"
import { addCounts, noRecords, type RecordCounts } from "../domain/RunSummary.ts"
import { LocationQueue } from "../repo/LocationQueue.ts"
import { Preview, type Seen } from "../repo/Preview.ts"
import { type FileLoad, RunRepo } from "../repo/RunRepo.ts"
import { type User, userColumns } from "../domain/User.ts"
import { type ShareLocations, UserRepo } from "../repo/UserRepo.ts"

const usersShown = 3
const rejectsShown = 10

/** No run of a database has this number. */
const runId = 0

const secretColumns = userColumns.filter((column) => fileColumns[column].isSecret)

const withoutSecrets = (user: User): User => {
  const secrets = secretColumns.filter((column) => user[column] !== null)
  return { ...user, ...Object.fromEntries(secrets.map((column) => [column, "***"])) }
}

/** The first users of a share, in the file's order. */
const firstUsers = ({ users, winners }: Share, { known }: ShareLocations, file: string, count: number): Seen["users"] =>
  winners
    .toSorted((left, right) => left.byteOffset - right.byteOffset)
    .slice(0, count)
    .map(({ user, byteOffset }) => ({
      file,
      line: users.find((record) => record.byteOffset === byteOffset)!.line,
      user: withoutSecrets(user),
      location: (user.ip_address === null ? undefined : known.get(user.ip_address)) ?? null,
    }))

/** Every file loads from its start. */
const parts = [{ part: 0, resume: undefined }]

const make = Effect.sync(() => {
  const files = new Map<number, { readonly name: string; readonly counts: RecordCounts }>()
  const users: Array<Seen["users"][number]> = []
  const rejects: Array<Seen["rejects"][number]> = []

  const seen = Effect.sync((): Seen => ({ users: [...users], rejects: [...rejects] }))

  const userRepo = UserRepo.of({
    name: "nowhere (--dry-run)",
    // With one connection the first records shown are the first of the file.
    connections: 1,
    migrate: Effect.void,
    upsert: ({ fileId }, share, locations) =>
      Effect.sync(() => {
        const { name, counts: before } = files.get(fileId)!
        if (users.length < usersShown) users.push(...firstUsers(share, locations, name, usersShown - users.length))
        const shown = share.rejects.slice(0, rejectsShown - rejects.length)
        rejects.push(...shown.map(({ line, reasons }) => ({ file: name, line, reasons })))
        const counts: RecordCounts = {
          ...noRecords,
          read: share.users.length + share.rejects.length,
          inserted: share.winners.length,
          duplicate: share.users.length - share.winners.length,
          rejected: share.rejects.length,
        }
        files.set(fileId, { name, counts: addCounts(before, counts) })
        return { counts, refused: [], remembered: { located: 0, unlocatable: {} } }
      }),
  })

  const countsOf = ({ fileId }: { readonly fileId: number }) => Effect.sync(() => files.get(fileId)!.counts)

  const runRepo = RunRepo.of({
    begin: () => Effect.succeed({ runId, attempt: 1 }),
    register: (runId, _request, listed) =>
      Effect.sync(() =>
        listed.map((file): FileLoad<typeof file> => {
          const fileId = files.size + 1
          files.set(fileId, { name: baseName(file.uri), counts: noRecords })
          return { file, runId, fileId, load: 1, state: "open", isLoadedByOtherMapping: false, parts, fence: 0 }
        }),
      ),
    keepProblems: () => Effect.void,
    committed: () => Effect.succeed(noRecords),
    lock: () => Effect.void,
    take: (runId, _request, { file, fileId }) =>
      Effect.succeed({ file, runId, fileId, load: 1, state: "open", isLoadedByOtherMapping: false, parts, fence: 0 }),
    beginFile: () => Effect.void,
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
    queueUnplaced: Effect.void,
    queueOlderThan: () => Effect.void,
  })

  return Context.make(UserRepo, userRepo).pipe(
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
