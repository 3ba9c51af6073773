// The locators of the command line, in the order of `etl check`. Another locator is a file and an entry here.

import type { Command } from "effect/cli"
import { mergeFlags } from "./flags/documented.ts"
import type { CliLocator } from "./locators/CliLocator.ts"
import { ipApi } from "./locators/ip-api.ts"
import { mmdb } from "./locators/mmdb.ts"
import { none } from "./locators/none.ts"

const list = [mmdb, ipApi, none] as const

export const flagsOfLocators = mergeFlags(list)

export const locators: ReadonlyArray<CliLocator<Command.Command.Config.Infer<typeof flagsOfLocators>>> = list

/** The names that --geo allows, the default first. */
export const locatorNames = [ipApi, ...list.filter((locator) => locator !== ipApi)].map(({ name }) => name)

/** The locators that --geo names, in its order. */
export const chosenLocators = (geo: ReadonlyArray<string>) =>
  geo.flatMap((name) => locators.find((locator) => locator.name === name) ?? [])

/** Whether --geo names a locator of that kind. */
export const hasLocator = (geo: ReadonlyArray<string>, kind: CliLocator<never>["kind"]): boolean =>
  chosenLocators(geo).some((locator) => locator.kind === kind)
