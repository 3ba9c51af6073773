// The stream of answers: texts in, at once answered as far as possible, the rest in batches by the service.

import { Effect, Stream } from "effect"
import type { Address } from "../../domain/Address.ts"
import type { DatabaseError } from "../../domain/DatabaseError.ts"
import { Answer } from "../../domain/Location.ts"
import type { GeoLocatorError } from "../../domain/GeoLocatorError.ts"
import { answerTexts } from "./answerAtOnce.ts"
import type { GeoService, Locator } from "./Locator.ts"

/** A text that was given, and its answer. */
export type Located<Text extends string> = readonly [address: Text, answer: Answer]

/** Texts that are answered together, and the most that wait for a batch to be full. */
const groupSize = 4_096

/** Texts of a batch, by the address that they mean. */
type Batch<Text extends string> = ReadonlyMap<Address, ReadonlyArray<Text>>

const ask = <Text extends string>(service: GeoService, batch: Batch<Text>) =>
  Effect.map(service.locate([...batch.keys()]), (answers) =>
    Array.from(batch).flatMap(([address, texts]) => {
      const answer = answers.get(address) ?? Answer.notNow
      return texts.map((text): Located<Text> => [text, answer])
    }),
  )

/** Collects texts until a batch is full. */
const makeBatches = <Text extends string>({ batchSize }: GeoService) => {
  let texts = 0
  let batch = new Map<Address, Array<Text>>()
  const take = (): ReadonlyArray<Batch<Text>> => {
    if (batch.size === 0) return []
    const full = batch
    texts = 0
    batch = new Map()
    return [full]
  }
  const add = (text: Text, address: Address): ReadonlyArray<Batch<Text>> => {
    const same = batch.get(address)
    if (same === undefined) batch.set(address, [text])
    else same.push(text)
    return ++texts >= groupSize || batch.size >= batchSize ? take() : []
  }
  return { add, take }
}

/** See `GeoLocator.locateAll`. */
export const locateAll = <Text extends string, E = never, R = never>(
  locator: Pick<Locator, "instant" | "service">,
  texts: Iterable<Text> | Stream.Stream<Text, E, R>,
): Stream.Stream<Located<Text>, E | GeoLocatorError | DatabaseError, R> => {
  type Work = Effect.Effect<ReadonlyArray<Located<Text>>, GeoLocatorError | DatabaseError>
  const { service } = locator
  const given = Stream.isStream(texts) ? texts : Stream.fromIterable(texts, { chunkSize: groupSize })
  return given.pipe(
    Stream.mapAccumArrayEffect(
      () => (service === undefined ? undefined : makeBatches<Text>(service)),
      (batches, group) =>
        Effect.map(answerTexts(locator, group), ({ byRule, local, open }) => {
          const known: Array<Located<Text>> = []
          const full: Array<Batch<Text>> = []
          // Of the group, not of the answers: a text that is given twice is answered twice.
          for (const text of group) {
            const address = open.get(text)
            if (address === undefined) known.push([text, (byRule.get(text) ?? local.get(text))!])
            else full.push(...batches!.add(text, address))
          }
          const work: ReadonlyArray<Work> = [Effect.succeed(known), ...full.map((batch) => ask(service!, batch))]
          return [batches, work] as const
        }),
      { onHalt: (batches) => batches?.take().map((batch): Work => ask(service!, batch)) ?? [] },
    ),
    Stream.mapEffect((work) => work, { concurrency: service?.concurrency ?? 1, unordered: true }),
    Stream.flattenIterable,
  )
}

/** The service, which then takes any text and any number of addresses, as `locateAll` does. */
export const takingAny = (service: GeoService): GeoService => ({
  ...service,
  locate: (addresses) =>
    Effect.map(Stream.runCollect(locateAll({ instant: undefined, service }, addresses)), (located) => new Map(located)),
})
