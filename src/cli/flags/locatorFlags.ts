// The flags that select what locates addresses, and for how long.

import { Duration, Option } from "effect"
import { type Command, Flag } from "effect/cli"
import { flagsOfLocators, hasLocator, locatorNames, locators } from "../locators.ts"
import { type FlagGroup, type Limited, optional, withDefault } from "./documented.ts"

/** The locators of a comma-separated list; undefined: it is invalid. */
const parseLocators = (list: string): ReadonlyArray<string> | undefined => {
  const names = list.split(",").map((name) => name.trim())
  const isList = names.every((name) => locatorNames.includes(name)) && new Set(names).size === names.length
  return isList && (names.length === 1 || !names.includes("none")) ? names : undefined
}

const listed = locatorNames.join(", ")

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
      () => "a duration such as 90s, 30m, 12h or 7d: a whole number, at most 999999, and a unit",
    ),
    Flag.withMetavar("DURATION"),
  )

/** What locates: also flags of a worker. */
export const geoFlags = {
  geo: withDefault(
    Flag.String("geo").pipe(
      Flag.filterMap(
        (list) => Option.fromUndefinedOr(parseLocators(list)),
        () => `${listed}, or a list such as mmdb,ip-api`,
      ),
      Flag.withMetavar("LOCATOR"),
    ),
    locatorNames.slice(0, 1),
    `What locates addresses: ${listed}, or mmdb,ip-api (local files, then the service)`,
  ),
  ...flagsOfLocators,
}

export type LocatorSettings = Command.Command.Config.Infer<typeof geoFlags>

/** What locates, and for how long. */
export const locatorFlags = {
  ...geoFlags,
  locateFor: optional(
    duration("locate-for"),
    "Maximum time for locating (etl run: after loading); the rest stays pending (exit 7)",
    { unset: "until no address is pending" },
  ),
  locationsMaxAge: optional(duration("locations-max-age"), "Ask the service again for older answers", {
    unset: "never",
  }),
}

export const locatorGroup: FlagGroup = {
  title: "Places",
  flags: locatorFlags,
  note: [
    "A DURATION is a whole number and a unit, s, m, h or d: 90s, 30m, 12h, 7d; at most 999999d.",
    ...locators.flatMap(({ note }) => note ?? []),
  ].join(" "),
}

/** Rules of the locators about their flags. */
export const locatorChecks = locators.flatMap(({ checks = [] }) => checks)

const services = locators
  .filter(({ kind }) => kind === "service")
  .map(({ name }) => name)
  .join(" or ")

/** What is wrong with a flag about a service where `--geo` names none. */
export const serviceProblem = (flag: string, value: Option.Option<unknown>, geo: ReadonlyArray<string>) =>
  Option.isSome(value) && !hasLocator(geo, "service")
    ? `${flag} requires --geo ${services}: --geo ${geo.join(",")} asks no service.`
    : undefined
