import { lookup } from "node:dns/promises"
import { isIP } from "node:net"
import { Context, Effect, Layer, Option, Result } from "effect"
import * as Embedded from "../../database/Embedded.ts"
import * as IpApi from "../../geo/IpApi.ts"
import * as Mmdb from "../../geo/Mmdb.ts"
import * as PgDatabaseState from "../../postgres/PgDatabaseState.ts"
import { plural } from "../../text/format.ts"
import { chooseDatabase } from "../chooseDatabase.ts"
import type { CheckFlags } from "../flags/checkFlags.ts"
import { checkQuota, database, ipApiSettings, mmdbOptions, platform, source } from "../layers.ts"
import { Mapping } from "../Mapping.ts"
import { checkDatabase } from "./checkDatabase.ts"
import { checkLog, checkMmdb, checkSource } from "./checkFiles.ts"
import { attempt, fromError, note, ok, skipped } from "./finding.ts"
import { ignoredSettings } from "./ignoredSettings.ts"
import { ignoredVariables } from "./ignoredVariables.ts"

/** Where a run would find its tables. */
const databaseOf = Effect.fnUntraced(function* (flags: CheckFlags) {
  const choice = yield* chooseDatabase(flags)
  if (choice._tag === "Embedded" && !(yield* Embedded.isThere(choice.folder))) {
    return { _tag: "Absent", folder: choice.folder } as const
  }
  return { _tag: "Open", layer: PgDatabaseState.layer.pipe(Layer.provide(database(flags, 1))) } as const
})

/** The service as it would be asked. */
const serviceOf = Effect.fnUntraced(function* (flags: CheckFlags) {
  const { url, key, quota } = yield* ipApiSettings(flags)
  return { hostname: (yield* IpApi.endpointOf({ url, key })).hostname, quota }
})

/** Only its name is looked up: every request counts. */
const checkHost = Effect.fnUntraced(function* (hostname: string) {
  // An IPv6 address stands in brackets.
  if (isIP(hostname.replaceAll(/^\[|\]$/g, "")) !== 0) return ok("ip-api", `${hostname}; no request is sent`)
  const found = yield* Effect.tryPromise(() => lookup(hostname)).pipe(Effect.timeout("5 seconds"), Effect.option)
  return Option.match(found, {
    onNone: () =>
      note("ip-api", `the name ${hostname} is not found: addresses would stay queued (exit 7). Is there a network?`),
    onSome: ({ address }) => ok("ip-api", `${hostname} is ${address}; no request is sent`),
  })
})

const checkMapping = (path: string) =>
  Effect.scoped(Layer.build(Mapping.layer(path))).pipe(Effect.map((context) => Context.get(context, Mapping)))

/** Looks at all that a run would be made of. */
export const findingsOf = Effect.fnUntraced(function* (flags: CheckFlags) {
  const mapping = yield* Effect.result(checkMapping(flags.mapping))
  const ipApi = flags.geo.includes("ip-api") ? Option.some(yield* Effect.result(serviceOf(flags))) : Option.none()
  const service = Option.flatMap(ipApi, Result.getSuccess)
  const ignored = yield* ignoredVariables
  return [
    ...(ignored === undefined ? [] : [note(".env", ignored)]),
    ...(yield* attempt("flags", Effect.as(checkQuota(flags), [ok("flags", "they go together")]))),
    yield* checkLog(flags.logfile),
    Result.isSuccess(mapping)
      ? ok("mapping", `${flags.mapping}: ${plural(mapping.success.size, "column")}`)
      : yield* fromError("mapping", mapping.failure),
    ...(yield* ignoredSettings(flags)),
    ...(yield* checkDatabase(
      databaseOf(flags),
      Option.map(service, ({ quota }) => quota),
    )),
    ...(Option.isSome(flags.source)
      ? yield* checkSource(
          source({ ...flags, source: flags.source.value }).pipe(Layer.provide(platform)),
          Result.getSuccess(mapping),
          flags,
        )
      : [skipped("source", "none is named: add --source")]),
    ...(flags.geo.includes("mmdb") ? yield* checkMmdb(Mmdb.check(mmdbOptions(flags))) : []),
    ...(Option.isSome(service) ? [yield* checkHost(service.value.hostname)] : []),
    ...(Option.isSome(ipApi) && Result.isFailure(ipApi.value) ? [yield* fromError("ip-api", ipApi.value.failure)] : []),
    ...(flags.geo.includes("none") ? [ok("locator", "none: users are loaded without places")] : []),
  ]
})
