// A Source, a GeoLocator and a UserRepo of one's own: as small as each can be that keeps its promises.

import { Context, Effect, Equal, Layer, Stream } from "effect"
import { type Address, Answer, ColumnMapping, GeoLocator, GeoLocatorError, type Location } from "user-activity-etl"
import { Pipeline, Quota, Source, SourceError, type SourceFile, UserRepo, type Winner } from "user-activity-etl"
import * as Memory from "user-activity-etl/Memory"

/** The client of a store that keeps each version of a file. It lists keys in the order of their UTF-8 bytes. */
export interface Store {
  readonly list: () => Promise<ReadonlyArray<{ readonly key: string; readonly version: string; readonly size: number }>>
  /** The bytes from `start` on; undefined where there is no such version any more. */
  readonly get: (key: string, version: string, start: number) => Promise<Uint8Array | undefined>
}

export const sourceOf = (store: Store): Layer.Layer<Source> => {
  const uri = "store:/"
  const read = Effect.fnUntraced(function* ({ fingerprint, uri }: SourceFile, start: number) {
    const failed = (message: string, cause?: unknown) => new SourceError({ operation: "read", uri, message, cause })
    const bytes = yield* Effect.tryPromise({
      try: () => store.get(uri.slice("store:/".length), fingerprint, start),
      catch: (cause) => failed(`${uri} cannot be read.`, cause),
    })
    return bytes ?? (yield* failed(`${uri} changed after it was listed.`))
  })
  const list = Effect.tryPromise({
    try: () => store.list(),
    catch: (cause) => new SourceError({ operation: "list", uri, message: "The store cannot be listed.", cause }),
  })
  return Layer.succeed(Source, {
    uri,
    files: Stream.fromIterableEffect(list).pipe(
      Stream.map(({ key, size, version }) => ({ uri: `${uri}${key}`, name: key, fingerprint: version, size })),
    ),
    read: (file, from) => Stream.fromEffect(read(file, from)),
    checkUnchanged: (file) => Effect.asVoid(read(file, file.size)),
  })
}

export type Ask = (addresses: ReadonlyArray<string>) => Promise<Readonly<Record<string, Location>>>

/** A service that takes 50 addresses a request, and 5 requests a second. */
export const locatorOf = (ask: Ask) =>
  Layer.unwrap(
    Effect.map(Quota.make({ limit: 5, window: "1 second" }), ({ requestCounts, requestsPerMinute, withPermit }) => {
      const send = (addresses: ReadonlyArray<Address.Address>) =>
        Effect.tryPromise({
          try: () => ask(addresses),
          catch: (cause) => new GeoLocatorError({ provider: "ours", message: String(cause), retryable: true }),
        })
      const answer = (location: Location | undefined) =>
        location === undefined ? Answer.unlocatable("unknown") : Answer.located(location)
      return GeoLocator.layerService({
        provider: "ours",
        batchSize: 50,
        concurrency: 5,
        requestsPerMinute,
        requestCounts,
        locate: (addresses) =>
          Effect.map(
            withPermit(() => send(addresses)),
            (found) => new Map(addresses.map((address) => [address, answer(found[address])])),
          ),
      })
    }),
  )

/** A user, the record that it comes from, and its place. */
export interface Person extends Winner {
  readonly location: Location | null
}

/** Where users are kept, by e-mail: a Map stands for any store. */
export class People extends Context.Service<People, Map<string, Person>>()("People") {
  static readonly layer = Layer.sync(this, () => new Map<string, Person>())
}

const isLater = (left: Winner, right: Winner): boolean => {
  const [leftTime, rightTime] = [left.user.updated_at ?? "", right.user.updated_at ?? ""]
  if (leftTime !== rightTime) return leftTime > rightTime
  return left.fileId === right.fileId ? left.byteOffset >= right.byteOffset : left.fileId > right.fileId
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
          const isEqual = stored !== undefined && Equal.equals(winner.user, stored.user)
          const isNew = stored === undefined || isLater(winner, stored)
          counts[stored === undefined ? "inserted" : isEqual ? "unchanged" : isNew ? "updated" : "stale"]++
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
            const isHere = person.user.ip_address === address && (replaces || person.location === null)
            if (isHere) people.set(email, { ...person, location })
          }
        }
      }),
  })),
)

const mapping = ColumnMapping.make({ Mail: "email", IP: "ip_address" })

// What a run keeps beside the users is in memory here; Postgres.layerRuns has it in a database.
export const loadOwn = (store: Store, ask: Ask) =>
  Pipeline.run({ mapping }).pipe(Effect.provide([sourceOf(store), locatorOf(ask), usersInPeople, Memory.layerRuns]))
