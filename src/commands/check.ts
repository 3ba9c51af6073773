import { lookup } from "node:dns/promises"
import { Console, Context, Effect, type FileSystem, Layer, Option, Result } from "effect"
import { Command } from "effect/cli"
import { plural } from "../domain/Estimate.ts"
import type { MmdbFile } from "../geo/mmdbFile.ts"
import { printable, withoutFile } from "../Logging.ts"
import type { Source } from "../source/Source.ts"
import { checkDatabase, type DatabaseParts, type SharedQuota } from "./checkDatabase.ts"
import { checkLog, checkMmdb, checkSource } from "./checkFiles.ts"
import { checkChecks, type CheckFlags, checkFlags, checkGroups } from "./checkFlags.ts"
import { NotReady } from "./CommandError.ts"
import { withUsage } from "./CommandUsage.ts"
import { checkExitCodes } from "./exitCodes.ts"
import { attempt, type Finding, fromError, note, ok, skipped } from "./finding.ts"
import { Mapping } from "./run.ts"
import { formatSettings, settingsOf } from "./settings.ts"

/** A geolocation service as it would be asked. */
export interface ServiceParts {
  readonly hostname: string
  readonly quota: SharedQuota
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
  const found = yield* Effect.tryPromise(() => lookup(hostname)).pipe(Effect.timeout("5 seconds"), Effect.option)
  return Option.match(found, {
    onNone: () =>
      note("ip-api", `the name ${hostname} is not found: addresses would stay queued (exit 7). Is there a network?`),
    onSome: ({ address }) => ok("ip-api", `${hostname} is ${address}; no request is sent`),
  })
})

const checkMapping = (path: string) =>
  Effect.scoped(Layer.build(Mapping.layer(path))).pipe(Effect.map((context) => Context.get(context, Mapping)))

const findingsOf = Effect.fnUntraced(function* <E>(flags: CheckFlags, parts: CheckParts<E>) {
  const mapping = yield* Effect.result(checkMapping(flags.mapping))
  const ipApi = flags.geo.includes("ip-api") ? Option.some(yield* Effect.result(parts.ipApi)) : Option.none()
  const service = Option.flatMap(ipApi, Result.getSuccess)
  return [
    ...(yield* attempt("flags", Effect.as(parts.locatorFlags, [ok("flags", "they go together")]))),
    yield* checkLog(flags.logfile),
    Result.isSuccess(mapping)
      ? ok("mapping", `${flags.mapping}: ${mapping.success.size} columns`)
      : yield* fromError("mapping", mapping.failure),
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

const states: Readonly<Record<Finding["state"], string>> = {
  ok: "ok",
  note: "note",
  wrong: "WRONG",
  skipped: "skipped",
}

const stateWidth = Math.max(...Object.values(states).map((state) => state.length))

const formatFindings = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> => {
  const checkWidth = Math.max(...findings.map(({ check }) => check.length))
  return findings.map(
    ({ check, state, text }) => `${states[state].padEnd(stateWidth)}  ${check.padEnd(checkWidth)}  ${printable(text)}`,
  )
}

/** Gravest first. */
const codes = [6, 5, 2] as const

const makeCheck = <E>(parts: (flags: CheckFlags) => CheckParts<E>) =>
  Effect.fn("check")(function* (flags: CheckFlags) {
    const settings = yield* settingsOf(flags)
    const findings = yield* findingsOf(flags, parts(flags))
    const bad = findings.filter(({ state }) => state === "wrong")
    yield* Console.log(
      [
        ...formatSettings(settings, process.stdout.columns ?? 80),
        "",
        ...formatFindings(findings),
        bad.length === 0 ? "Nothing to mend." : `${plural(bad.length, "thing")} to mend.`,
      ].join("\n"),
    )
    const code = codes.find((code) => bad.some((finding) => finding.code === code))
    if (code !== undefined) return yield* new NotReady({ code })
  })

/** `etl check`: whether a run would find all that it needs. Makes nothing, and asks no service. */
export const check = <E>(parts: (flags: CheckFlags) => CheckParts<E>) =>
  Command.make("check", checkFlags, makeCheck(parts)).pipe(
    Command.provide(() => withoutFile),
    Command.withDescription(
      "Check settings, mapping, database, source and locator, and change nothing. Takes the flags of etl run.",
    ),
    Command.withShortDescription("Check what a run would find, and change nothing"),
    Command.withExamples([
      { command: "etl check", description: "All but the files" },
      { command: "etl check --source ./input/ --geo mmdb", description: "What a run would find" },
    ]),
    withUsage({ config: checkFlags, groups: checkGroups, checks: checkChecks, exitCodes: checkExitCodes }),
  )
