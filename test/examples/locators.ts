import { Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Answer, GeoLocator, Quota } from "user-activity-etl"
import * as IpApi from "user-activity-etl/IpApi"
import * as Mmdb from "user-activity-etl/Mmdb"

// A third provider: our own network has no place that others should know.
const Ours = GeoLocator.layerInstant(
  "ours",
  (addresses) =>
    new Map(addresses.flatMap((it) => (it.startsWith("81.2.69.") ? [[it, Answer.unlocatable("our network")]] : []))),
)

// Each is asked for what those before it do not know. At most one may be a service: its answers come from the queue.
export const locators = (files: ReadonlyArray<string>) =>
  GeoLocator.layerChain(Ours, Mmdb.layer({ files }), IpApi.layer()).pipe(
    Layer.provide([Quota.layerMemory(), FetchHttpClient.layer]),
  )
