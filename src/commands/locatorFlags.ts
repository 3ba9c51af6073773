import { Duration, Option } from "effect"
import { type Command, Flag } from "effect/cli"
import { wholeNumber } from "./wholeNumber.ts"

const locatorNames = ["ip-api", "mmdb", "none"] as const
export type LocatorName = (typeof locatorNames)[number]

const parseLocators = (list: string): ReadonlyArray<LocatorName> | undefined => {
  const names = list.split(",").map((name) => name.trim())
  const known = names.filter((name): name is LocatorName => locatorNames.some((locator) => locator === name))
  const isList = known.length === names.length && new Set(names).size === names.length
  return isList && (names.length === 1 || !names.includes("none")) ? known : undefined
}

const units = { s: "seconds", m: "minutes", h: "hours", d: "days" } as const

const parseDuration = (text: string): Duration.Duration | undefined => {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return number === undefined
    ? undefined
    : Duration.fromInputUnsafe(`${Number(number)} ${units[unit as keyof typeof units]}`)
}

const duration = (name: string) =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Option.fromUndefinedOr(parseDuration(text)),
      (text) => `Expected: a duration such as 90s, 30m, 12h or 7d, got ${JSON.stringify(text)}`,
    ),
    Flag.withMetavar("DURATION"),
    Flag.optional,
  )

/** Who locates, and for how long. */
export const locatorFlags = {
  geo: Flag.String("geo").pipe(
    Flag.filterMap(
      (list) => Option.fromUndefinedOr(parseLocators(list)),
      (list) => `Expected: ip-api, mmdb, none, or a list such as mmdb,ip-api, got ${JSON.stringify(list)}`,
    ),
    Flag.withDescription(
      "Who locates addresses: ip-api, mmdb, none, or mmdb,ip-api: the service for what the file lacks (ip-api)",
    ),
    Flag.withDefault(["ip-api"] as ReadonlyArray<LocatorName>),
  ),
  geoDb: Flag.String("geo-db").pipe(
    Flag.withDescription("An .mmdb file for --geo mmdb, repeatable: city and ASN files complete each other (DB-IP's)"),
    Flag.withMetavar("FILE"),
    Flag.atLeast(0),
  ),
  ipApiQuota: wholeNumber("ip-api-quota", 1, 100_000).pipe(
    Flag.withDescription(
      "Requests to ip-api.com in any 60 s, at most (15; with IP_API_KEY what the service says). More than 15 needs a key",
    ),
    Flag.optional,
  ),
  locateFor: duration("locate-for").pipe(
    Flag.withDescription(
      "How long to go on locating (etl run: once the files are loaded), such as 90s, 30m, 12h; what is left stays queued (exit 7)",
    ),
  ),
  locationsMaxAge: duration("locations-max-age").pipe(
    Flag.withDescription("Ask the service again for answers that are older, such as 90d; without it never"),
  ),
}

export type LocatorFlags = Command.Command.Config.Infer<typeof locatorFlags>
