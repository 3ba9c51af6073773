// The service of ip-api.com under the quota that all processes of a database share.

import { Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import * as IpApi from "../../geo/IpApi.ts"
import { Quota } from "../../geo/quota/Quota.ts"
import type { QuotaOfService } from "../check/checkDatabase.ts"

export const layer = (options: IpApi.IpApiOptions, quota: QuotaOfService) =>
  IpApi.layer(options).pipe(Layer.provide([Quota.layerShared(quota), FetchHttpClient.layer]))
