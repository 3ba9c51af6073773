import { lookup } from "node:dns/promises"
import { isIP } from "node:net"
import { Context, Effect, type FileSystem, Layer, Option, Result } from "effect"
import { plural } from "../../text/format.ts"
import type { MmdbFile } from "../../geo/mmdb/file.ts"
import type { Source } from "../../source/Source.ts"
import { checkDatabase, type DatabaseParts, type QuotaOfService } from "./checkDatabase.ts"
import { checkLog, checkMmdb, checkSource } from "./checkFiles.ts"
import type { CheckFlags } from "../flags/checkFlags.ts"
import { attempt, fromError, note, ok, skipped } from "./finding.ts"
import { ignoredSettings } from "./ignoredSettings.ts"
import { ignoredVariables } from "./ignoredVariables.ts"
import { Mapping } from "../commands/run.ts"

/** A geolocation service as it would be asked. */
export interface ServiceParts {
  readonly hostname: string
  readonly quota: QuotaOfService
}

/** What a run would be made of. Each fails by itself, and asks no service. */
export interface CheckParts<E> {
  /** Flags and variables that do not go together. */
  readonly locatorFlags: Effect.Effect<void, E>
  readonly source: (source: string) => Layer.Layer<Source, E>
  readonly database: Effect.Effect<DatabaseParts<E>, E>
  readonly mmdb: Effect.Effect<
    { readonly files: ReadonlyArray<MmdbFile>; readonly remedy: string },
    E,
    FileSystem.FileSystem
  >
  readonly ipApi: Effect.Effect<ServiceParts, E>
}

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
export const findingsOf = Effect.fnUntraced(function* <E>(flags: CheckFlags, parts: CheckParts<E>) {
  const mapping = yield* Effect.result(checkMapping(flags.mapping))
  const ipApi = flags.geo.includes("ip-api") ? Option.some(yield* Effect.result(parts.ipApi)) : Option.none()
  const service = Option.flatMap(ipApi, Result.getSuccess)
  const ignored = yield* ignoredVariables
  return [
    ...(ignored === undefined ? [] : [note(".env", ignored)]),
    ...(yield* attempt("flags", Effect.as(parts.locatorFlags, [ok("flags", "they go together")]))),
    yield* checkLog(flags.logfile),
    Result.isSuccess(mapping)
      ? ok("mapping", `${flags.mapping}: ${plural(mapping.success.size, "column")}`)
      : yield* fromError("mapping", mapping.failure),
    ...(yield* ignoredSettings(flags)),
    ...(yield* checkDatabase(
      parts.database,
      Option.map(service, ({ quota }) => quota),
    )),
    ...(Option.isSome(flags.source)
      ? yield* checkSource(parts.source(flags.source.value), Result.getSuccess(mapping), flags)
      : [skipped("source", "none is named: add --source")]),
    ...(flags.geo.includes("mmdb") ? yield* checkMmdb(parts.mmdb) : []),
    ...(Option.isSome(service) ? [yield* checkHost(service.value.hostname)] : []),
    ...(Option.isSome(ipApi) && Result.isFailure(ipApi.value) ? [yield* fromError("ip-api", ipApi.value.failure)] : []),
    ...(flags.geo.includes("none") ? [ok("locator", "none: users are loaded without places")] : []),
  ]
})
