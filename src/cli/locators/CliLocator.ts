import type { Effect, FileSystem, Layer, Option } from "effect"
import type { GeoLocator } from "../../geo/GeoLocator.ts"
import type { Permits } from "../../geo/quota/Permits.ts"
import type { QuotaOfService } from "../check/checkDatabase.ts"
import type { Finding } from "../check/finding.ts"
import type { Variable } from "../check/Variable.ts"
import type { FlagGroup } from "../flags/documented.ts"
import type { Check } from "../usage/CommandUsage.ts"

interface Definition<in Flags> {
  /** What --geo calls it. */
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
  /** Fails where flags and variables do not go together. */
  readonly checkSettings?: (flags: Flags) => Effect.Effect<void, Error>
  /** What `etl check` finds of it. Asks no service. */
  readonly findings: (flags: Flags) => Effect.Effect<ReadonlyArray<Finding>, never, FileSystem.FileSystem>
}

interface Local<in Flags> extends Definition<Flags> {
  /** `instant`: answers at once. `none`: locates nothing. */
  readonly kind: "instant" | "none"
  readonly layer: (flags: Flags) => Layer.Layer<GeoLocator, Error, FileSystem.FileSystem>
}

interface Service<in Flags> extends Definition<Flags> {
  /** Is asked over the network, under a quota that all processes of a database share. */
  readonly kind: "service"
  /** Whose quota it is and how much it allows, as far as the settings are right. */
  readonly quota: (flags: Flags) => Effect.Effect<Option.Option<QuotaOfService>>
  readonly layer: (flags: Flags) => Layer.Layer<GeoLocator, Error, FileSystem.FileSystem | Permits>
}

/**
 * All that the command line knows of a locator: one file defines it, and `locators.ts` lists it. `Flags` are those of the
 * locator alone. The definition is read at every start: what it takes to locate is imported when it is used.
 */
export type CliLocator<Flags> = Local<Flags> | Service<Flags>
