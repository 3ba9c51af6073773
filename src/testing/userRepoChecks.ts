// The promises of `UserRepo`, as checks that any implementation can be run through.

import { Effect, type Layer, Stream } from "effect"
import { Address } from "../domain/Address.ts"
import type { UserRecord } from "../domain/UserRecord.ts"
import { RowSet } from "../domain/rows/RowSet.ts"
import type { Location } from "../domain/Location.ts"
import * as Extra from "../domain/Extra.ts"
import { compareInstants, firstInstant } from "../domain/Moment.ts"
import { User } from "../domain/User.ts"
import { defaultWidths } from "../domain/Widths.ts"
import { UserRepo, type UserShare } from "../repo/UserRepo.ts"
import { type Check, checksOf, expect, expectEqual } from "./check.ts"

/** A user as it is stored, and its place. */
export interface Stored {
  readonly user: User
  readonly location: Location | null
}

const raw = new Uint8Array()

const ada = User.make({ email: "ada@example.com", first_name: "Ada", updated_at: "2024-01-01" })
const bo = User.make({ email: "bo@example.com", first_name: "Bo" })

/** A user with a value in every column. */
const full = User.make({
  source_id: "17",
  first_name: "Zoë",
  last_name: "O'Neill \u{1f600}",
  email: "zoe@example.com",
  gender: "female",
  ip_address: Address.make("9.9.9.9"),
  created_at: "2023-02-28",
  updated_at: "2024-02-29",
  password: "$2b$10$hash",
  status: false,
  extra: Extra.make({ phone: "030 123", "Tags (2)": '"a", b\\c\n\u{1f600}', "7": "seven" }),
})

const placeOf = (city: string): Location => ({
  latitude: 52.5,
  longitude: -13.25,
  country: "Germany",
  region: null,
  city,
  timezone: "Europe/Berlin",
  isp_name: null,
})

type Version = Pick<UserRecord, "user" | "instant">

/** A user that was updated on a day as written, an hour of 2024-01-01 in UTC, and so many microseconds later. */
const at = (user: User, day: string, hour: number, micros = 0): Version => ({
  user: { ...user, updated_at: day },
  instant: { seconds: Date.UTC(2024, 0, 1, hour) / 1000, micros },
})

const versionOf = (given: User | Version): Version =>
  "user" in given ? given : { user: given, instant: firstInstant(given.updated_at) }

interface ShareOptions {
  readonly fileId?: number
  /** Where the first record is; the others follow, ten bytes apart. */
  readonly byteOffset?: number
  readonly places?: ReadonlyMap<Address, Location>
  readonly isAhead?: boolean
}

/** Of users whose `updated_at` is a date alone, unless an instant is with them. */
const share = (
  versions: ReadonlyArray<User | Version>,
  { byteOffset = 0, fileId = 1, isAhead = false, places = new Map() }: ShareOptions = {},
): UserShare => {
  const records = versions.map((version, index): UserRecord => ({
    ...versionOf(version),
    fileId,
    byteOffset: byteOffset + index * 10,
    line: index + 2,
    raw,
  }))
  return { records, winners: RowSet.of(records).winners, places, isAhead }
}

const nothing = { inserted: 0, updated: 0, unchanged: 0, stale: 0 }

/** A small generator of numbers below `bound`: the same for each run of the suite. */
const makePicks = (seed: number) => {
  let state = seed
  return (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 16) % bound
  }
}

/**
 * Checks of a `UserRepo`. `stored`: reads all users from the store, in any order. Run each as a test of your own:
 *
 * @example
 * ```ts
 * import { it } from "@effect/vitest"
 * import { Effect, Ref } from "effect"
 * import * as Memory from "user-activity-etl/Memory"
 * import * as Testing from "user-activity-etl/testing"
 *
 * const stored = Effect.gen(function* () {
 *   const { users } = yield* Memory.Tables
 *   return [...(yield* Ref.get(users)).values()]
 * })
 * for (const { check, name } of Testing.userRepoChecks({ layer: Memory.layerUsers, stored })) it.effect(name, () => check)
 * ```
 */
export const userRepoChecks = <ROut, E, E2>({
  layer,
  stored,
}: {
  readonly layer: Layer.Layer<ROut | UserRepo, E>
  readonly stored: Effect.Effect<ReadonlyArray<Stored>, E2, ROut>
}): ReadonlyArray<Check<unknown>> => {
  const upsert = Effect.fnUntraced(function* (versions: ReadonlyArray<User | Version>, options?: ShareOptions) {
    const { refused = [], ...counts } = yield* (yield* UserRepo).upsert(share(versions, options))
    yield* expectEqual("refused records", refused.length, 0)
    return { inserted: counts.inserted, updated: counts.updated, unchanged: counts.unchanged, stale: counts.stale }
  })
  const counts = Effect.fnUntraced(function* (
    expected: Partial<typeof nothing>,
    versions: ReadonlyArray<User | Version>,
    options?: ShareOptions,
  ) {
    yield* expectEqual("outcomes", yield* upsert(versions, options), { ...nothing, ...expected })
  })
  const rows = Effect.map(stored, (all) =>
    [...all].sort((left, right) => (left.user.email < right.user.email ? -1 : 1)),
  )
  const users = Effect.map(rows, (all) => all.map(({ user }) => user))
  const nameOf = (email: string) => Effect.map(users, (all) => all.find((user) => user.email === email)?.first_name)
  const cityOf = (email: string) =>
    Effect.map(rows, (all) => all.find(({ user }) => user.email === email)?.location?.city ?? null)

  return checksOf(layer)({
    "new users are inserted, with every column": Effect.gen(function* () {
      yield* counts({ inserted: 3 }, [bo, full, ada])
      yield* expectEqual("users", yield* users, [ada, bo, full])
    }),

    "users that are written again are unchanged, and stay": Effect.gen(function* () {
      yield* counts({ inserted: 2 }, [ada, bo])
      yield* counts({ unchanged: 2 }, [ada, bo])
      yield* expectEqual("users", yield* users, [ada, bo])
    }),

    "no users are written, and none counted": counts({}, []),

    "the later updated_at wins, in whatever order versions arrive": Effect.gen(function* () {
      yield* counts({ inserted: 1 }, [{ ...ada, first_name: "Second", updated_at: "2024-01-02" }])
      yield* counts({ stale: 1 }, [{ ...ada, first_name: "First" }], { fileId: 2 })
      yield* counts({ stale: 1 }, [{ ...ada, first_name: "None", updated_at: null }], { fileId: 3 })
      yield* expectEqual("the name", yield* nameOf(ada.email), "Second")
      yield* counts({ updated: 1 }, [{ ...ada, first_name: "Third", updated_at: "2024-01-03" }])
      yield* expectEqual("the name", yield* nameOf(ada.email), "Third")
    }),

    "of one day the later instant wins, to the microsecond, in whatever order versions arrive": Effect.gen(
      function* () {
        const day = "2024-01-01"
        yield* counts({ inserted: 1 }, [at({ ...ada, first_name: "Noon" }, day, 12)])
        yield* counts({ stale: 1 }, [at({ ...ada, first_name: "Morning" }, day, 9)], { fileId: 2 })
        yield* counts({ stale: 1 }, [{ ...ada, first_name: "A date alone" }], { fileId: 3 })
        yield* expectEqual("the name", yield* nameOf(ada.email), "Noon")
        yield* counts({ updated: 1 }, [at({ ...ada, first_name: "2 us later" }, day, 12, 2)])
        yield* counts({ stale: 1 }, [at({ ...ada, first_name: "1 us later" }, day, 12, 1)], { fileId: 2 })
        yield* expectEqual("the name", yield* nameOf(ada.email), "2 us later")
      },
    ),

    "the instant decides, not the day as written": Effect.gen(function* () {
      yield* counts({ inserted: 1 }, [at({ ...ada, first_name: "23:00 in New York" }, "2023-12-31", 4)])
      yield* counts({ stale: 1 }, [at({ ...ada, first_name: "01:00 in London" }, "2024-01-01", 1)], { fileId: 2 })
      yield* expectEqual("the name", yield* nameOf(ada.email), "23:00 in New York")
    }),

    "an equal user with a later instant is unchanged, and older than it is what is between": Effect.gen(function* () {
      yield* counts({ inserted: 1 }, [at(ada, "2024-01-01", 9)])
      yield* counts({ unchanged: 1 }, [at(ada, "2024-01-01", 18)], { fileId: 2 })
      yield* counts({ unchanged: 1 }, [at(ada, "2024-01-01", 6)], { fileId: 3 })
      yield* counts({ stale: 1 }, [at({ ...ada, first_name: "Between" }, "2024-01-01", 12)], { fileId: 4 })
      yield* expectEqual("users", yield* users, [ada])
    }),

    "of one instant the later file wins, then the later byte offset": Effect.gen(function* () {
      yield* counts({ inserted: 1 }, [{ ...ada, first_name: "1/50" }], { fileId: 1, byteOffset: 50 })
      yield* counts({ stale: 1 }, [{ ...ada, first_name: "1/40" }], { fileId: 1, byteOffset: 40 })
      yield* counts({ updated: 1 }, [{ ...ada, first_name: "1/60" }], { fileId: 1, byteOffset: 60 })
      yield* counts({ updated: 1 }, [{ ...ada, first_name: "2/0" }], { fileId: 2 })
      yield* counts({ stale: 1 }, [{ ...ada, first_name: "1/90" }], { fileId: 1, byteOffset: 90 })
      yield* expectEqual("the name", yield* nameOf(ada.email), "2/0")
    }),

    "a version that differs in one column only is written": Effect.gen(function* () {
      yield* counts({ inserted: 1 }, [full])
      yield* counts({ updated: 1 }, [{ ...full, status: true }], { fileId: 2 })
      yield* counts({ updated: 1 }, [{ ...full, status: true, gender: null }], { fileId: 3 })
      yield* expectEqual("users", yield* users, [{ ...full, status: true, gender: null }])
    }),

    "extra is one value: a newer one replaces it whole, and it is null without one": Effect.gen(function* () {
      const extra = Extra.make({ phone: "1", fax: "2" })
      yield* counts({ inserted: 1 }, [{ ...ada, extra }])
      yield* counts({ unchanged: 1 }, [{ ...ada, extra: Extra.make({ fax: "2", phone: "1" }) }], { fileId: 2 })
      const other = { ...ada, extra: Extra.make({ fax: "3" }) }
      yield* counts({ updated: 1 }, [other], { fileId: 3 })
      yield* expectEqual("users", yield* users, [other])
      yield* counts({ updated: 1 }, [ada], { fileId: 4 })
      yield* expectEqual("users", yield* users, [ada])
    }),

    "a text as long as its column is wide is stored whole": Effect.gen(function* () {
      const own = (yield* UserRepo).widths
      const widths = own === undefined ? defaultWidths : { ...defaultWidths, ...(yield* own) }
      const columns = ["source_id", "first_name", "last_name", "gender", "password"] as const
      const texts = columns.map((column) => {
        const characters = Math.min(widths[column] ?? Infinity, defaultWidths[column]!)
        return [column, "\u{1f600}".repeat(characters)] as const
      })
      const wide = User.make({ ...full, ...Object.fromEntries(texts) })
      yield* counts({ inserted: 1 }, [wide])
      yield* expectEqual("users", yield* users, [wide])
    }),

    "of a share's versions of a user the winner is written, once": Effect.gen(function* () {
      yield* counts({ inserted: 1 }, [
        { ...ada, first_name: "Late", updated_at: "2024-05-05" },
        { ...ada, first_name: "Early" },
      ])
      yield* expectEqual("the name", yield* nameOf(ada.email), "Late")
    }),

    "an equal row takes the later position while earlier records are still to be read": Effect.gen(function* () {
      yield* counts({ inserted: 1 }, [ada], { fileId: 2, byteOffset: 10 })
      yield* counts({ unchanged: 1 }, [ada], { fileId: 2, byteOffset: 30, isAhead: true })
      yield* counts({ stale: 1 }, [{ ...ada, first_name: "Between" }], { fileId: 2, byteOffset: 20 })
      yield* expectEqual("the name", yield* nameOf(ada.email), "Ada")
    }),

    "a share gives its users the places that are known": Effect.gen(function* () {
      const places = new Map([[full.ip_address!, placeOf("Berlin")]])
      yield* counts({ inserted: 2 }, [ada, full], { places })
      yield* expectEqual(
        "locations",
        (yield* rows).map(({ location }) => location),
        [null, placeOf("Berlin")],
      )
    }),

    "a place goes to the users of its address that have none": Effect.gen(function* () {
      const { place } = yield* UserRepo
      const other = User.make({ ...full, email: "other@example.com", ip_address: Address.make("8.8.8.8") })
      yield* counts({ inserted: 3 }, [full, other, bo])
      const berlin = { address: "9.9.9.9", location: placeOf("Berlin"), replaces: false }
      yield* place([berlin, { address: "1.1.1.1", location: placeOf("Nowhere"), replaces: false }])
      yield* place([berlin])
      yield* place([{ ...berlin, location: placeOf("Paris") }])
      yield* expectEqual("the city", yield* cityOf(full.email), "Berlin")
      yield* expectEqual("the city of another address", yield* cityOf(other.email), null)
      yield* expectEqual("the city without an address", yield* cityOf(bo.email), null)
    }),

    "a place that replaces another goes to all users of its address, and no place removes it": Effect.gen(function* () {
      const { place } = yield* UserRepo
      yield* counts({ inserted: 1 }, [full], { places: new Map([[full.ip_address!, placeOf("Berlin")]]) })
      yield* place([{ address: "9.9.9.9", location: placeOf("Paris"), replaces: true }])
      yield* expectEqual("the city", yield* cityOf(full.email), "Paris")
      yield* place([{ address: "9.9.9.9", location: null, replaces: true }])
      yield* expectEqual("the city", yield* cityOf(full.email), null)
      yield* expectEqual("users", yield* users, [full])
    }),

    "an old place does not stay with a new address, and stays with the same": Effect.gen(function* () {
      yield* counts({ inserted: 1 }, [full], { places: new Map([[full.ip_address!, placeOf("Berlin")]]) })
      yield* counts({ updated: 1 }, [{ ...full, gender: "other" }], { fileId: 2 })
      yield* expectEqual("the city", yield* cityOf(full.email), "Berlin")
      const moved = { ...full, ip_address: Address.make("8.8.8.8") }
      yield* counts({ updated: 1 }, [moved], { fileId: 3 })
      yield* expectEqual("the city", yield* cityOf(full.email), null)
    }),

    "lists the addresses of users without a place, where it can": Effect.gen(function* () {
      const { unplaced } = yield* UserRepo
      if (unplaced === undefined) return
      const same = User.make({ ...full, email: "same@example.com" })
      const placed = User.make({ ...full, email: "placed@example.com", ip_address: Address.make("8.8.8.8") })
      yield* upsert([ada, full, same, placed], { places: new Map([[Address.make("8.8.8.8"), placeOf("Berlin")]]) })
      const listed: Array<string> = []
      yield* Stream.runForEach(unplaced, (addresses) => Effect.sync(() => listed.push(...addresses)))
      yield* expectEqual("addresses", [...new Set(listed)], ["9.9.9.9"])
    }),

    "shares without an e-mail in common can be written at once": Effect.gen(function* () {
      const { connections = 1 } = yield* UserRepo
      yield* expect(`connections are ${connections}, not 1 to 16`, connections >= 1 && connections <= 16)
      const shares = Array.from({ length: connections }, (_, number) =>
        Array.from({ length: 50 }, (_, index) => User.make({ email: `${number}-${index}@example.com` })),
      )
      yield* Effect.forEach(shares, (own) => counts({ inserted: 50 }, own), { concurrency: connections })
      yield* expectEqual("users", (yield* users).length, 50 * connections)
    }),

    "whatever the shares are, the last version wins": Effect.gen(function* () {
      const pick = makePicks(7)
      const days = ["2024-01-01", "2024-01-02", null]
      const best = new Map<string, Version & { readonly position: number }>()
      for (let number = 0; number < 60; number++) {
        const fileId = 1 + pick(3)
        const byteOffset = number * 1_000
        const versions = Array.from({ length: 1 + pick(6) }, () => {
          const day = days[pick(3)]!
          const user = User.make({ email: `${"abcd"[pick(4)]}@example.com`, first_name: ["Ada", "Bo", null][pick(3)]! })
          return day === null ? { user, instant: null } : at(user, day, 6 * pick(4), pick(2))
        })
        for (const [index, { instant, user }] of versions.entries()) {
          const known = best.get(user.email)
          const position = fileId * 1e6 + byteOffset + index * 10
          const order = known === undefined ? 1 : compareInstants(instant, known.instant) || position - known.position
          if (order > 0) best.set(user.email, { user, instant, position })
        }
        const outcome = yield* upsert(versions, { fileId, byteOffset, isAhead: true })
        const emails = new Set(versions.map(({ user }) => user.email)).size
        yield* expectEqual(
          "users accounted for",
          Object.values(outcome).reduce((left, right) => left + right),
          emails,
        )
      }
      const expected = [...best.values()]
        .map(({ user }) => user)
        .sort((left, right) => (left.email < right.email ? -1 : 1))
      yield* expectEqual("users", yield* users, expected)
    }),
  })
}
