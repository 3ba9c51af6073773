import { Context, Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Answer, chain, GeoLocator, Quota } from "user-activity-etl"
import * as IpApi from "user-activity-etl/IpApi"
import * as Mmdb from "user-activity-etl/Mmdb"

// A third provider: our own network has no place that others should know.
const ours: GeoLocator["Service"] = {
  name: "ours",
  instant: (addresses) =>
    Effect.succeed(
      new Map(addresses.flatMap((it) => (it.startsWith("81.2.69.") ? [[it, Answer.unlocatable("our network")]] : []))),
    ),
  service: undefined,
}

const locatorOf = <E, R>(layer: Layer.Layer<GeoLocator, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, GeoLocator))

// Each is asked for what those before it do not know. At most one may be a service: its answers come from the queue.
export const locators = (files: ReadonlyArray<string>) =>
  Layer.effect(
    GeoLocator,
    Effect.map(Effect.all([locatorOf(Mmdb.layer({ files })), locatorOf(IpApi.layer())]), ([mmdb, ipApi]) =>
      chain([ours, mmdb, ipApi]),
    ),
  ).pipe(Layer.provide([Quota.layerMemory(), FetchHttpClient.layer]))
