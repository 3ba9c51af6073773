// The settings of a run as `etl check` lists them: flags, the database, and variables that are set.

import { Config, Duration, Effect, Option } from "effect"
import type { FormatOptions } from "../../domain/FormatOptions.ts"
import * as RejectLimit from "../../domain/RejectLimit.ts"
import type { VariableSetting } from "../../database/ServerSettings.ts"
import * as serverVariables from "../../database/serverVariables.ts"
import { printable } from "../../text/printable.ts"
import type { CheckFlags } from "../flags/checkFlags.ts"
import { flagNameOf, formatOf, shownFormat } from "../flags/formatFlags.ts"
import { chosenLocators, locators } from "../locators.ts"
import { chooseDatabase } from "../chooseDatabase.ts"
import { chosenSource, sources } from "../sources.ts"
import { CommandLine, DotEnv } from "../invocation.ts"
import { hidden, publicUrl, type Variable, variable } from "./Variable.ts"
import { type FittedColumn, fitTable } from "../output/table.ts"

/** A setting without secrets, and where it comes from. */
export interface Setting {
  readonly name: string
  readonly value: string
  readonly from: string
}

/** The flags as shown; undefined: not shown. Flags that name the database are shown as its settings. */
const flagValues = (flags: CheckFlags, inMapping: FormatOptions): Readonly<Record<string, string | undefined>> => ({
  source: Option.getOrUndefined(flags.source),
  pattern: Option.getOrUndefined(flags.pattern),
  ...Object.assign({}, ...sources.map(({ shown }) => shown?.(flags))),
  mapping: flags.mapping,
  ...Object.fromEntries(
    Object.entries(shownFormat(formatOf(flags, inMapping))).map(([key, value]) => [flagNameOf(key), value]),
  ),
  chunksize: String(flags.chunksize),
  concurrency: String(flags.concurrency),
  "max-record-size": String(flags.maxRecordSize),
  "max-rejects": RejectLimit.format(flags.maxRejects),
  force: flags.force ? "yes" : undefined,
  geo: flags.geo.join(","),
  ...Object.assign({}, ...locators.map(({ shown }) => shown?.(flags))),
  "locate-for": Option.getOrUndefined(Option.map(flags.locateFor, Duration.format)),
  "locations-max-age": Option.getOrUndefined(Option.map(flags.locationsMaxAge, Duration.format)),
  logfile: flags.logfile,
})

const variablesOf = (flags: CheckFlags): ReadonlyArray<Variable> => [
  ...chosenLocators(flags.geo).flatMap(({ variables = [] }) => variables),
  ...(chosenSource({ ...flags, source: Option.getOrUndefined(flags.source) }).variables ?? []),
  variable("OTEL_EXPORTER_OTLP_ENDPOINT", publicUrl),
]

const fromDefault = "default"

/** Where a setting comes from: a flag, or a variable of the environment or of .env. */
const makeFrom = Effect.gen(function* () {
  const words = yield* CommandLine
  const dotEnv = yield* DotEnv
  return {
    flag: (name: string): string =>
      words.some((word) => word === `--${name}` || word.startsWith(`--${name}=`)) ? `--${name}` : fromDefault,
    variable: (name: string): string => `${name} (${dotEnv.set.has(name) ? ".env" : "environment"})`,
  }
})
type From = Effect.Success<typeof makeFrom>

const serverSettings = Effect.fnUntraced(function* (flags: CheckFlags, from: From) {
  const url = Option.getOrUndefined(flags.databaseUrl)
  const settings = yield* serverVariables.settings({ url })
  const { origins, passwordFile, unset } = settings
  const fromOf = (setting: VariableSetting): string => {
    if (setting === "password" && passwordFile?.password !== undefined) return passwordFile.path
    if (unset.has(setting)) return fromDefault
    const origin = origins?.[setting]
    return origin === undefined ? "--database-url" : from.variable(origin)
  }
  const shown = (name: string, value: string | undefined, setting: VariableSetting): ReadonlyArray<Setting> =>
    value === undefined ? [] : [{ name, value, from: fromOf(setting) }]
  return [
    ...shown("database host", settings.host, "host"),
    ...shown("database port", String(settings.port), "port"),
    ...shown("database name", settings.database, "database"),
    ...shown("database user", settings.username, "username"),
    ...shown("database password", settings.password && hidden, "password"),
    ...shown("sslmode", settings.sslmode, "sslmode"),
    ...shown("sslrootcert", settings.sslrootcert, "sslrootcert"),
  ]
})

/** Empty if they are invalid, which the check of the database reports. */
const databaseSettings = (flags: CheckFlags, from: From) =>
  chooseDatabase(flags).pipe(
    Effect.flatMap((choice) =>
      choice._tag === "Server"
        ? serverSettings(flags, from)
        : Effect.succeed([{ name: "embedded", value: choice.folder, from: from.flag("embedded") }]),
    ),
    Effect.orElseSucceed((): ReadonlyArray<Setting> => []),
  )

/** `inMapping`: what the mapping says of the format. */
export const settingsOf = Effect.fnUntraced(function* (flags: CheckFlags, inMapping: FormatOptions) {
  const from = yield* makeFrom
  const namesInMapping = Object.keys(inMapping).map(flagNameOf)
  const fromOf = (name: string): string => {
    const flag = from.flag(name)
    return flag === fromDefault && namesInMapping.includes(name) ? flags.mapping : flag
  }
  const ofFlags = Object.entries(flagValues(flags, inMapping)).flatMap(([name, value]): ReadonlyArray<Setting> =>
    value === undefined ? [] : [{ name, value, from: fromOf(name) }],
  )
  const ofVariables = yield* Effect.forEach(variablesOf(flags), ({ name, show }) =>
    Effect.map(Config.option(Config.String(name)), (value): ReadonlyArray<Setting> =>
      Option.isSome(value) ? [{ name, value: show(value.value), from: from.variable(name) }] : [],
    ),
  )
  return [...ofFlags, ...(yield* databaseSettings(flags, from)), ...ofVariables.flat()]
})

const columns: ReadonlyArray<FittedColumn> = [
  { name: "setting", isRight: false },
  { name: "value", isRight: false, least: 12 },
  { name: "from", isRight: false, least: 12 },
]

export const formatSettings = (settings: ReadonlyArray<Setting>, width: number): ReadonlyArray<string> =>
  fitTable(
    columns,
    settings.map(({ name, value, from }) => [name, printable(value), printable(from)]),
    width,
  )
