import { Duration, Option } from "effect"
import { type Command, Flag } from "effect/cli"
import { check } from "../usage/CommandUsage.ts"
import { type FlagGroup, type Limited, optional, repeatable, withDefault } from "./documented.ts"
import { file } from "./pathFlags.ts"
import { boundedInt } from "./boundedInt.ts"

export const locatorNames = ["ip-api", "mmdb", "none"] as const
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

export const duration = (name: string): Limited<Duration.Duration> =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Option.fromUndefinedOr(parseDuration(text)),
      () => "a duration such as 90s, 30m, 12h or 7d: a whole number, at most 999999, and its unit",
    ),
    Flag.withMetavar("DURATION"),
  )

/** Requests in any 60 s without a key. */
export const freeRequests = 15

/** Who locates, and for how long. */
export const locatorFlags = {
  geo: withDefault(
    Flag.String("geo").pipe(
      Flag.filterMap(
        (list) => Option.fromUndefinedOr(parseLocators(list)),
        () => "ip-api, mmdb, none, or a list such as mmdb,ip-api",
      ),
      Flag.withMetavar("WHO"),
    ),
    ["ip-api"],
    "Who locates addresses: ip-api, mmdb, none, or mmdb,ip-api: the service for what the files lack",
  ),
  geoDb: repeatable(
    file("geo-db"),
    "An .mmdb file for --geo mmdb; a city and an ASN file complete each other",
    "the installed DB-IP files",
  ),
  ipApiQuota: optional(
    boundedInt("ip-api-quota", 1, 100_000),
    `Requests to ip-api.com in any 60 s, at most; more than ${freeRequests} need IP_API_KEY`,
    { unset: `${freeRequests}; with a key what the service allows` },
  ),
  locateFor: optional(
    duration("locate-for"),
    "How long to go on locating (etl run: once the files are loaded); what is left stays queued (exit 7)",
    { unset: "until no address waits" },
  ),
  locationsMaxAge: optional(duration("locations-max-age"), "Ask the service again for answers that are older", {
    unset: "never",
  }),
}

export type LocatorFlags = Command.Command.Config.Infer<typeof locatorFlags>

/** Who locates. */
export type LocatorSettings = Pick<LocatorFlags, "geo" | "geoDb" | "ipApiQuota">

export const locatorGroup: FlagGroup = {
  title: "Places",
  flags: locatorFlags,
  note: "A DURATION is a whole number and its unit, s, m, h or d: 90s, 30m, 12h, 7d; at most 999999d. The key of ip-api.com is IP_API_KEY, another address of it IP_API_URL.",
}

const locatorCheck = check<LocatorFlags>()

/** Flags that the chosen locators do not read. */
export const locatorChecks = [
  locatorCheck(["geo", "geoDb"], ({ geo, geoDb }) =>
    geoDb.length > 0 && !geo.includes("mmdb")
      ? "--geo-db is for --geo mmdb: add it, or leave --geo-db out."
      : undefined,
  ),
  locatorCheck(["geo", "ipApiQuota"], ({ geo, ipApiQuota }) =>
    Option.isSome(ipApiQuota) && !geo.includes("ip-api")
      ? `--ip-api-quota is for --geo ip-api, and --geo is ${geo.join(",")}: leave one of them out.`
      : undefined,
  ),
]
