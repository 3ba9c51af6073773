// The flags that say who locates, and for how long.

import { Duration, Option } from "effect"
import { type Command, Flag } from "effect/cli"
import { flagsOfLocators, locatorNames, locators } from "../locators.ts"
import { type FlagGroup, type Limited, optional, withDefault } from "./documented.ts"

/** The names of a list of locators. */
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
      () => "a duration such as 90s, 30m, 12h or 7d: a whole number, at most 999999, and its unit",
    ),
    Flag.withMetavar("DURATION"),
  )

/** Who locates: the flags of a worker, too. */
export const whoLocates = {
  geo: withDefault(
    Flag.String("geo").pipe(
      Flag.filterMap(
        (list) => Option.fromUndefinedOr(parseLocators(list)),
        () => `${listed}, or a list such as mmdb,ip-api`,
      ),
      Flag.withMetavar("WHO"),
    ),
    locatorNames.slice(0, 1),
    `Who locates addresses: ${listed}, or mmdb,ip-api: the service for what the files lack`,
  ),
  ...flagsOfLocators,
}

/** Who locates. */
export type LocatorSettings = Command.Command.Config.Infer<typeof whoLocates>

/** Who locates, and for how long. */
export const locatorFlags = {
  ...whoLocates,
  locateFor: optional(
    duration("locate-for"),
    "How long to go on locating (etl run: once the files are loaded); what is left stays queued (exit 7)",
    { unset: "until no address waits" },
  ),
  locationsMaxAge: optional(duration("locations-max-age"), "Ask the service again for answers that are older", {
    unset: "never",
  }),
}

export const locatorGroup: FlagGroup = {
  title: "Places",
  flags: locatorFlags,
  note: [
    "A DURATION is a whole number and its unit, s, m, h or d: 90s, 30m, 12h, 7d; at most 999999d.",
    ...locators.flatMap(({ note }) => note ?? []),
  ].join(" "),
}

/** Flags that the chosen locators do not read. */
export const locatorChecks = locators.flatMap(({ checks = [] }) => checks)
