// A locator turns addresses into locations: at once from local data, or later from a service. The contract.

import { Context, Effect, Layer, Stream } from "effect"
import type { Address } from "../domain/Address.ts"
import type { DatabaseError } from "../domain/DatabaseError.ts"
import type { Answer, Answers } from "../domain/Location.ts"
import type { GeoLocatorConfigError, GeoLocatorError } from "../domain/GeoLocatorError.ts"
import { chain } from "./locator/chain.ts"
import { locateAll, takingAny } from "./locator/locateAll.ts"
import type { GeoService, Locator } from "./locator/Locator.ts"
import * as settings from "./settings.ts"

export { GeoLocatorConfigError, GeoLocatorError } from "../domain/GeoLocatorError.ts"
export { answerAtOnce, answerTexts } from "./locator/answerAtOnce.ts"
export { type PlacesByNumber, placesByNumber } from "./locator/placesByNumber.ts"
export { type GeoService, type Locator, rateOf, type RequestCounts } from "./locator/Locator.ts"

/** What locates addresses. */
export class GeoLocator extends Context.Service<GeoLocator, Locator>()("user-activity-etl/geo/GeoLocator") {
  /**
   * Locates nothing and queues nothing.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { ColumnMapping, GeoLocator, Pipeline } from "user-activity-etl"
   *
   * const load = Pipeline.run({ mapping: ColumnMapping.make({ Mail: "email" }) }).pipe(Effect.provide(GeoLocator.none))
   * ```
   */
  static readonly none: Layer.Layer<GeoLocator> = Layer.succeed(this, {
    name: "none",
    instant: undefined,
    service: undefined,
  })

  /**
   * Answers at once, from local data. `f` is given distinct public addresses; those that it leaves out are unknown, and
   * left to the next of a chain. `name` is for people.
   *
   * @example
   * ```ts
   * import { Answer, GeoLocator } from "user-activity-etl"
   *
   * const Office = GeoLocator.layerInstant("office", (addresses) =>
   *   new Map(addresses.filter((it) => it.startsWith("81.2.69.")).map((it) => [it, Answer.unlocatable("our network")])),
   * )
   * ```
   */
  static readonly layerInstant = <R = never>(
    name: string,
    f: (addresses: ReadonlyArray<Address>) => Answers | Effect.Effect<Answers, GeoLocatorError, R>,
  ): Layer.Layer<GeoLocator, never, R> =>
    Layer.effect(
      this,
      Effect.map(Effect.context<R>(), (context) => ({
        name,
        instant: (addresses) =>
          Effect.suspend(() => {
            const answers = f(addresses)
            return Effect.isEffect(answers) ? Effect.provideContext(answers, context) : Effect.succeed(answers)
          }),
        service: undefined,
      })),
    )

  /**
   * Answers by a service over the network. Whatever `locate` of the locator is given, that of `service` is given
   * distinct public addresses in canonical form, at most `batchSize` at once. Fails if `batchSize`, `concurrency` or
   * `requestsPerMinute` is no number that it may be.
   *
   * @example
   * ```ts
   * import { Effect, Layer } from "effect"
   * import { Answer, GeoLocator, Quota } from "user-activity-etl"
   *
   * const Ours = Layer.unwrap(
   *   Effect.map(Quota.make({ limit: 5, window: "1 second" }), (quota) =>
   *     GeoLocator.layerService({
   *       provider: "ours",
   *       batchSize: 50,
   *       concurrency: 5,
   *       requestsPerMinute: quota.requestsPerMinute,
   *       requestCounts: quota.requestCounts,
   *       locate: (addresses) =>
   *         quota.withPermit(() => Effect.succeed(new Map(addresses.map((it) => [it, Answer.unlocatable("unknown")])))),
   *     }),
   *   ),
   * )
   * ```
   */
  static readonly layerService = (service: GeoService): Layer.Layer<GeoLocator, GeoLocatorConfigError> =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const { batchSize, concurrency, provider, requestsPerMinute } = service
        yield* settings.count("batchSize", batchSize)
        yield* settings.count("concurrency", concurrency)
        if (requestsPerMinute !== undefined) yield* settings.positive("requestsPerMinute", requestsPerMinute)
        return { name: provider, instant: undefined, service: takingAny(service) }
      }),
    )

  /**
   * Asks locators in order for each address, until one knows it. Fails if two of them are services: there is one queue.
   *
   * @example
   * ```ts
   * import { GeoLocator } from "user-activity-etl"
   * import * as IpApi from "user-activity-etl/IpApi"
   * import * as Mmdb from "user-activity-etl/Mmdb"
   *
   * const Both = GeoLocator.layerChain(Mmdb.layer(), IpApi.layer())
   * ```
   */
  static readonly layerChain = <Layers extends ReadonlyArray<Layer.Layer<GeoLocator, any, any>>>(
    ...layers: Layers
  ): Layer.Layer<GeoLocator, GeoLocatorConfigError | Layer.Error<Layers[number]>, Layer.Services<Layers[number]>> => {
    type Part = Layer.Layer<GeoLocator, Layer.Error<Layers[number]>, Layer.Services<Layers[number]>>
    return Layer.effect(
      this,
      Effect.gen(function* () {
        const parts = yield* Effect.forEach(layers as ReadonlyArray<Part>, (layer) => Layer.build(layer))
        return yield* Effect.fromResult(chain(parts.map((part) => Context.get(part, GeoLocator))))
      }),
    )
  }

  /**
   * Answers any number of addresses, in any form: one answer for each text that is given, in any order, with that text.
   * Text that is no address is unlocatable (`not an address`), and so are special addresses. The others are asked for
   * in canonical form: at once where that is possible, the rest of the service, in full batches (the last may be
   * smaller), each address once a batch, as many batches at once as the service allows. Takes as long as the service's
   * quota requires. `NotNow`: the service did not answer; another time it may. Memory does not grow with the input. Fails
   * as the locator does, and with a DatabaseError where a quota is counted in a database that cannot be used.
   *
   * @example
   * ```ts
   * import { Effect, Stream } from "effect"
   * import { GeoLocator } from "user-activity-etl"
   *
   * const program = GeoLocator.locateAll(["8.8.8.8", "2001:4860:4860:0:0:0:0:8888", "10.0.0.1"]).pipe(
   *   Stream.runForEach(([address, answer]) => Effect.log(address, answer)),
   * )
   * ```
   */
  static readonly locateAll = <Text extends string, E = never, R = never>(
    // A string alone is an Iterable too, of its characters.
    addresses: (Iterable<Text> & object) | Stream.Stream<Text, E, R>,
  ): Stream.Stream<readonly [address: Text, answer: Answer], E | GeoLocatorError | DatabaseError, R | GeoLocator> =>
    Stream.unwrap(Effect.map(GeoLocator, (locator) => locateAll(locator, addresses)))
}
