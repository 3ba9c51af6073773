// A Source, a GeoLocator and a UserRepo of one's own: as small as each can be that keeps its
// promises.

import { Context, Effect, Equal, Layer, Stream } from "effect"
import { type Address, Answer, ColumnMapping, compareInstants } from "user-activity-etl"
import { GeoLocator, GeoLocatorError } from "user-activity-etl"
import { type Location, Pipeline, Quota, Source, SourceError } from "user-activity-etl"
import { type SourceFile, UserRepo, type Winner } from "user-activity-etl"
import * as Memory from "user-activity-etl/Memory"

/** The client of a store that keeps each version of a file. */
export interface Store {
  /** In the order of the keys' UTF-8 bytes. */
  readonly list: () => Promise<ReadonlyArray<{ key: string; version: string; size: number }>>
  /** The bytes from `start` on; undefined where the store has no such version any more. */
  readonly get: (key: string, version: string, start: number) => Promise<Uint8Array | undefined>
}

export const sourceOf = (store: Store): Layer.Layer<Source> => {
  const root = "store:/"
  const failed = (operation: "list" | "read", uri: string, cause: unknown) =>
    new SourceError({ operation, uri, message: `${uri}: ${String(cause)}`, cause })
  const list = Effect.tryPromise({
    try: () => store.list(),
    catch: (cause) => failed("list", root, cause),
  })
  const read = Effect.fnUntraced(function* ({ fingerprint, uri }: SourceFile, start: number) {
    const bytes = yield* Effect.tryPromise({
      try: () => store.get(uri.slice(root.length), fingerprint, start),
      catch: (cause) => failed("read", uri, cause),
    })
    return bytes ?? (yield* failed("read", uri, "it changed after it was listed"))
  })
  return Layer.succeed(Source, {
    uri: root,
    files: Stream.fromIterableEffect(list).pipe(
      Stream.map(({ key, size, version: fingerprint }) => {
        return { uri: `${root}${key}`, name: key, fingerprint, size }
      }),
    ),
    read: (file, from) => Stream.fromEffect(read(file, from)),
    checkUnchanged: (file) => Effect.asVoid(read(file, file.size)),
  })
}

export type Ask = (all: ReadonlyArray<string>) => Promise<Readonly<Record<string, Location>>>

/** A service that takes 50 addresses a request, and 5 requests a second. */
export const locatorOf = (ask: Ask) =>
  Layer.unwrap(
    Effect.map(Quota.make({ limit: 5, window: "1 second" }), (quota) =>
      GeoLocator.layerService({
        provider: "ours",
        batchSize: 50,
        concurrency: 5,
        requestsPerMinute: quota.requestsPerMinute,
        requestCounts: quota.requestCounts,
        locate: (addresses) => quota.withPermit(() => locate(ask, addresses)),
      }),
    ),
  )

const locate = Effect.fnUntraced(function* (ask: Ask, addresses: ReadonlyArray<Address.Address>) {
  const found = yield* Effect.tryPromise({
    try: () => ask(addresses),
    catch: (cause) =>
      new GeoLocatorError({ provider: "ours", message: String(cause), retryable: true }),
  })
  const answerOf = (location: Location | undefined) =>
    location === undefined ? Answer.unlocatable("unknown") : Answer.located(location)
  return new Map(addresses.map((address) => [address, answerOf(found[address])]))
})

/** A user, the record that it comes from, and its place. */
export interface Person extends Winner {
  readonly location: Location | null
}

/** Where users are kept, by e-mail: a Map stands for any store. */
export class People extends Context.Service<People, Map<string, Person>>()("People") {
  static readonly layer = Layer.sync(this, () => new Map<string, Person>())
}

const isLater = (left: Winner, right: Winner): boolean => {
  const order = compareInstants(left.instant, right.instant)
  if (order !== 0) return order > 0
  if (left.fileId !== right.fileId) return left.fileId > right.fileId
  return left.byteOffset >= right.byteOffset
}

export const usersInPeople: Layer.Layer<UserRepo, never, People> = Layer.effect(
  UserRepo,
  Effect.map(People, (people) => ({
    upsert: ({ places, winners }) =>
      Effect.sync(() => {
        const counts = { inserted: 0, updated: 0, unchanged: 0, stale: 0 }
        for (const winner of winners) {
          const { email, ip_address } = winner.user
          const stored = people.get(email)
          const isNew = stored === undefined || isLater(winner, stored)
          if (stored === undefined) counts.inserted++
          else if (Equal.equals(winner.user, stored.user)) counts.unchanged++
          else counts[isNew ? "updated" : "stale"]++
          const known = ip_address === null ? undefined : places.get(ip_address)
          const before = stored?.user.ip_address === ip_address ? stored.location : null
          if (isNew) people.set(email, { ...winner, location: known ?? before })
        }
        return counts
      }),
    place: (places) =>
      Effect.sync(() => {
        for (const { address, location, replaces } of places) {
          for (const [email, person] of people) {
            if (person.user.ip_address !== address) continue
            if (replaces || person.location === null) people.set(email, { ...person, location })
          }
        }
      }),
  })),
)

const mapping = ColumnMapping.make({ Mail: "email", IP: "ip_address" })

// What a run keeps beside the users is in memory here; Postgres.layerRuns has it in a database.
export const loadOwn = (store: Store, ask: Ask) =>
  Pipeline.run({ mapping }).pipe(
    Effect.provide([sourceOf(store), locatorOf(ask), usersInPeople, Memory.layerRuns]),
  )
