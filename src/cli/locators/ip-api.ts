// `--geo ip-api`: the service of ip-api.com, under its quota.

import { createHash } from "node:crypto"
import { isIP } from "node:net"
import { Effect, Layer, Option, Redacted } from "effect"
import type { Command } from "effect/cli"
import { attempt, note, ok } from "../check/finding.ts"
import { hide, publicUrl, variable } from "../check/Variable.ts"
import { UsageError } from "../CommandError.ts"
import { boundedInt } from "../flags/boundedInt.ts"
import { optional } from "../flags/documented.ts"
import { lazyLayer } from "../lazyLayer.ts"
import { check } from "../usage/CommandUsage.ts"
import type { CliLocator } from "./CliLocator.ts"

/** Requests in any 60 s without a key. */
const freeRequests = 15

const flags = {
  ipApiQuota: optional(
    boundedInt("ip-api-quota", 1, 100_000),
    `Maximum requests to ip-api.com in any 60 s; more than ${freeRequests} require IP_API_KEY`,
    { unset: `${freeRequests}; with a key what the service allows` },
  ),
}
type Flags = Command.Command.Config.Infer<typeof flags>

const importOptions = Effect.promise(() => import("../../geo/ip-api/options.ts"))

/** A quota belongs to the network address at a service, or to a key, of which the name has only a hash. */
const quotaName = (host: string, key: Redacted.Redacted | undefined): string =>
  key === undefined ? host : `${host} ${createHash("sha256").update(Redacted.value(key)).digest("hex").slice(0, 8)}`

/** The configured service, and the quota that is counted. */
const settingsOf = Effect.fnUntraced(function* ({ ipApiQuota }: Flags) {
  const { config, hostOf, keyOf } = yield* importOptions
  const options = yield* config
  const key = keyOf(options)
  return {
    options,
    quota: {
      provider: quotaName(hostOf(options), key),
      // The service reports what a key allows.
      limit: Option.getOrElse(ipApiQuota, () => (key === undefined ? freeRequests : Infinity)),
    },
  }
})

/** Only looks up the name: every request counts. */
const checkHost = Effect.fnUntraced(function* (hostname: string) {
  // An IPv6 address is in brackets.
  if (isIP(hostname.replaceAll(/^\[|\]$/g, "")) !== 0) return ok("ip-api", `${hostname}; no request is sent`)
  const { lookup } = yield* Effect.promise(() => import("node:dns/promises"))
  const found = yield* Effect.tryPromise(() => lookup(hostname)).pipe(Effect.timeout("5 seconds"), Effect.option)
  return Option.match(found, {
    onNone: () =>
      note("ip-api", `${hostname} cannot be resolved: addresses would stay pending (exit 7). Check the network`),
    onSome: ({ address }) => ok("ip-api", `${hostname} is ${address}; no request is sent`),
  })
})

/** What a run would ask, and its quota. */
const serviceOf = Effect.fnUntraced(function* (flags: Flags) {
  const { endpointOf } = yield* importOptions
  const { options, quota } = yield* settingsOf(flags)
  return { endpoint: yield* endpointOf(options), quota }
})

const noticeOf = (geo: ReadonlyArray<string>, { host, protocol }: URL): string =>
  `addresses${geo.length > 1 ? " that no local file knows" : ""} are sent to ${host} ` +
  `by ${protocol === "https:" ? "HTTPS" : "plain HTTP"}; --geo mmdb keeps them on this machine`

export const ipApi = {
  name: "ip-api",
  kind: "service",
  flags,
  note: "IP_API_KEY sets the key of ip-api.com, IP_API_URL its URL.",
  checks: [
    check<Flags & { readonly geo: ReadonlyArray<string> }>()(["geo", "ipApiQuota"], ({ geo, ipApiQuota }) =>
      Option.isSome(ipApiQuota) && !geo.includes("ip-api")
        ? `--ip-api-quota requires --geo ip-api: --geo ${geo.join(",")} does not ask it.`
        : undefined,
    ),
  ],
  shown: ({ ipApiQuota }) => ({ "ip-api-quota": Option.getOrUndefined(Option.map(ipApiQuota, String)) }),
  variables: [variable("IP_API_URL", publicUrl), variable("IP_API_KEY", hide)],
  checkSettings: Effect.fnUntraced(function* ({ ipApiQuota }) {
    if (!Option.exists(ipApiQuota, (requests) => requests > freeRequests)) return
    const { config, keyOf } = yield* importOptions
    if (keyOf(yield* config) === undefined) {
      return yield* new UsageError({
        message: `--ip-api-quota: more than ${freeRequests} requests in 60 s require a key (IP_API_KEY)`,
      })
    }
  }),
  findings: (flags) =>
    attempt(
      "ip-api",
      Effect.gen(function* () {
        const { endpoint } = yield* serviceOf(flags)
        return [yield* checkHost(endpoint.hostname), note("ip-api", `in a run, ${noticeOf(flags.geo, endpoint)}`)]
      }),
    ),
  notice: (flags) => Effect.map(serviceOf(flags), ({ endpoint }) => noticeOf(flags.geo, endpoint)),
  quota: (flags) => Effect.option(Effect.map(serviceOf(flags), ({ quota }) => quota)),
  layer: (flags) =>
    Layer.unwrap(
      Effect.map(settingsOf(flags), ({ options, quota }) =>
        lazyLayer(
          () => import("./ipApiLayer.ts"),
          ({ layer }) => layer(options, quota),
        ),
      ),
    ),
} satisfies CliLocator<Flags>
