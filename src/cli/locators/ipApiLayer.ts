// The service of ip-api.com under the quota that all processes of a database share.

import { Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import * as IpApi from "../../geo/IpApi.ts"
import { Quota } from "../../geo/quota/Quota.ts"
import { PermitRepo } from "../../repo/PermitRepo.ts"
import type { QuotaOfService } from "../check/checkDatabase.ts"

export const layer = (options: IpApi.IpApiOptions, { provider, requests }: QuotaOfService) =>
  IpApi.layer(options).pipe(
    Layer.provide(
      Layer.unwrap(Effect.map(PermitRepo, (permits) => Quota.layer({ requests, shared: { provider, permits } }))),
    ),
    Layer.provide(FetchHttpClient.layer),
  )
