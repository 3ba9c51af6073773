// All that the command line knows of a locator.

import type { Effect, FileSystem, Layer, Option } from "effect"
import type { GeoLocator } from "../../geo/GeoLocator.ts"
import type { Permits } from "../../geo/quota/Permits.ts"
import type { QuotaOfService } from "../check/checkDatabase.ts"
import type { Finding } from "../check/finding.ts"
import type { Variable } from "../check/Variable.ts"
import type { FlagGroup } from "../flags/documented.ts"
import type { Check } from "../usage/CommandUsage.ts"

interface Chosen {
  readonly geo: ReadonlyArray<string>
}

interface Definition<in Flags> {
  /** Its name in --geo. */
  readonly name: string
  readonly flags: FlagGroup["flags"]
  /** What help says below the flags. */
  readonly note?: string
  /** Rules about the flags. */
  readonly checks?: ReadonlyArray<Check>
  /** The flags by their names, as `etl check` shows them; undefined: not given. */
  readonly shown?: (flags: Flags) => Readonly<Record<string, string | undefined>>
  /** The variables that it reads. */
  readonly variables?: ReadonlyArray<Variable>
  /** Fails if flags and variables contradict each other. */
  readonly checkSettings?: (flags: Flags) => Effect.Effect<void, Error>
  /** What `etl check` reports. Asks no service. */
  readonly findings: (flags: Flags & Chosen) => Effect.Effect<ReadonlyArray<Finding>, never, FileSystem.FileSystem>
}

interface Local<in Flags> extends Definition<Flags> {
  /** `instant`: answers at once. `none`: locates nothing. */
  readonly kind: "instant" | "none"
  readonly layer: (flags: Flags) => Layer.Layer<GeoLocator, Error, FileSystem.FileSystem>
}

interface Service<in Flags> extends Definition<Flags> {
  /** Answers over the network, under a quota that all processes of a database share. */
  readonly kind: "service"
  /** Where it sends addresses, how, and how to send none: before it sends any. */
  readonly notice: (flags: Flags & Chosen) => Effect.Effect<string, Error>
  /** The name of the quota and what it allows; none if the settings are invalid. */
  readonly quota: (flags: Flags) => Effect.Effect<Option.Option<QuotaOfService>>
  readonly layer: (flags: Flags) => Layer.Layer<GeoLocator, Error, FileSystem.FileSystem | Permits>
}

/**
 * One file defines a locator, and `locators.ts` lists it. `Flags` are those of the locator alone. The definition is
 * loaded at every start: what locates is imported when it is used.
 */
export type CliLocator<Flags> = Local<Flags> | Service<Flags>
