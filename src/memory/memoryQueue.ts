// The queue of addresses in memory.

import { Effect, Ref } from "effect"
import { Answer } from "../domain/Location.ts"
import { type Claims, LocationQueue, type StoredAnswers } from "../repo/LocationQueue.ts"
import type { StoredUser } from "./StoredUser.ts"

/** Pending addresses are those answered `NotNow`. `owners`: the runs of each. */
export const makeQueue = (
  users: Ref.Ref<ReadonlyMap<string, StoredUser>>,
  locations: Ref.Ref<ReadonlyMap<string, Answer>>,
  owners: Map<string, ReadonlySet<number>>,
  isSameSource: (run: number, other: number) => boolean,
) => {
  const claimed = new Set<string>()

  const place = (answers: StoredAnswers) =>
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

  const isOwn = (runId: number) => (address: string) =>
    [...(owners.get(address) ?? [])].some((owner) => isSameSource(owner, runId))

  const claims = Effect.gen(function* () {
    const had = new Set<string>()
    yield* Effect.addFinalizer(() => Effect.sync(() => had.forEach((address) => claimed.delete(address))))
    /** Drops the owners of settled addresses and the claims of the others; returns the settled answers. */
    const settledOf = (answers: StoredAnswers) => {
      const settled = new Map([...answers].filter(([, { _tag }]) => _tag !== "NotNow"))
      for (const address of answers.keys()) (settled.has(address) ? owners : claimed).delete(address)
      return settled
    }
    return {
      take: (limit, atLeast) =>
        Effect.map(waiting, (addresses) => {
          const batch = addresses.filter((address) => !claimed.has(address) && !had.has(address)).slice(0, limit)
          if (batch.length < atLeast) return []
          for (const address of batch) {
            claimed.add(address)
            had.add(address)
          }
          return batch
        }),
      othersWait: (runId) =>
        Effect.map(waiting, (addresses) =>
          addresses.filter((address) => !had.has(address)).some(runId === undefined ? () => true : isOwn(runId)),
        ),
      answer: Effect.fnUntraced(function* (_provider, answers) {
        yield* Ref.update(locations, (all) => {
          const next = new Map(all)
          for (const [address, answer] of settledOf(answers)) next.set(address, answer)
          return next
        })
        yield* place(answers)
      }),
      settle: Effect.fnUntraced(function* (answers) {
        if (answers.size === 0) return
        yield* Ref.update(locations, (all) => {
          const next = new Map(all)
          for (const address of settledOf(answers).keys()) next.delete(address)
          return next
        })
        yield* place(answers)
      }),
    } satisfies Claims
  })

  return LocationQueue.of({
    waiting: Effect.map(waiting, (addresses) => addresses.length),
    waitingOf: (runId) =>
      Effect.map(waiting, (addresses) => {
        const own = addresses.filter(isOwn(runId)).length
        return { own, others: addresses.length - own }
      }),
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
    // Answers have no time here, so none is older.
    queueOlderThan: () => Effect.void,
  })
}
