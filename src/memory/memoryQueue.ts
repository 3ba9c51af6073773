// The queue of addresses in memory.

import { Effect, Ref } from "effect"
import { Answer } from "../domain/Location.ts"
import { type Claims, LocationQueue, type StoredAnswers } from "../repo/LocationQueue.ts"
import type { AddressPlace } from "../repo/UserRepo.ts"

/** Pending addresses are those answered `NotNow`. `owners`: the runs of each. */
export const makeQueue = (
  locations: Ref.Ref<ReadonlyMap<string, Answer>>,
  owners: Map<string, ReadonlySet<number>>,
  isSameSource: (run: number, other: number) => boolean,
) => {
  const claimed = new Set<string>()

  /** The places of answers. None replaces an earlier answer: see `queueOlderThan`. */
  const placesOf = (answers: StoredAnswers): ReadonlyArray<AddressPlace> =>
    [...answers].flatMap(([address, answer]) =>
      answer._tag === "Located" ? { address, location: answer.location, replaces: false } : [],
    )

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
      answer: (_provider, answers, place) =>
        Effect.andThen(
          place(placesOf(answers)),
          Ref.update(locations, (all) => {
            const next = new Map(all)
            for (const [address, answer] of settledOf(answers)) next.set(address, answer)
            return next
          }),
        ),
      settle: (answers, place) =>
        Effect.andThen(
          place(placesOf(answers)),
          Ref.update(locations, (all) => {
            const next = new Map(all)
            for (const address of settledOf(answers).keys()) next.delete(address)
            return next
          }),
        ),
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
    placeAtOnce: (places, place) =>
      Effect.andThen(
        place(Array.from(places, ([address, location]) => ({ address, location, replaces: false }))),
        Ref.update(locations, (all) => {
          const next = new Map(all)
          for (const address of places.keys()) {
            if (next.get(address)?._tag !== "NotNow") continue
            next.delete(address)
            owners.delete(address)
          }
          return next
        }),
      ),
    queue: (addresses) =>
      Ref.modify(locations, (all) => {
        const known = new Map(addresses.flatMap((address) => (all.has(address) ? [[address, all.get(address)!]] : [])))
        return [placesOf(known), new Map([...addresses.map((address) => [address, Answer.notNow] as const), ...all])]
      }),
    // Answers have no time here, so none is older.
    queueOlderThan: () => Effect.void,
  })
}
