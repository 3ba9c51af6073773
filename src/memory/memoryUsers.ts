// Users in memory.

import { Effect, Layer, Ref, Stream } from "effect"
import { laneCount } from "../domain/laneOf.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import { merge } from "./StoredUser.ts"
import { Tables } from "./Tables.ts"

const make = Effect.map(Tables, ({ users }) =>
  UserRepo.of({
    connections: laneCount,

    upsert: ({ places, winners }) =>
      Ref.modify(users, (stored) => {
        const rows = new Map(stored)
        const counts = { inserted: 0, updated: 0, unchanged: 0, stale: 0 }
        for (const winner of winners) {
          const { email, ip_address } = winner.user
          const place = (ip_address === null ? undefined : places.get(ip_address)) ?? null
          const [outcome, row] = merge(winner, place, rows.get(email))
          rows.set(email, row)
          counts[outcome]++
        }
        return [counts, rows]
      }),

    place: (places) =>
      Ref.update(users, (stored) => {
        const byAddress = new Map(places.map((place) => [place.address, place]))
        const placed = [...stored].map(([email, row]) => {
          const place = row.user.ip_address === null ? undefined : byAddress.get(row.user.ip_address)
          const takes = place !== undefined && (place.replaces || row.location === null)
          return [email, takes ? { ...row, location: place.location } : row] as const
        })
        return new Map(placed)
      }),

    unplaced: Stream.fromEffect(
      Effect.map(Ref.get(users), (stored) => {
        const unplaced = [...stored.values()].filter(({ location }) => location === null)
        return [...new Set(unplaced.flatMap(({ user }) => user.ip_address ?? []))]
      }),
    ),
  }),
)

export const layerUsers: Layer.Layer<UserRepo, never, Tables> = Layer.effect(UserRepo, make)
