// `--geo mmdb`: local .mmdb files, which answer at once.

import { Clock, Effect } from "effect"
import type { Command } from "effect/cli"
import { baseName, plural } from "../../text/format.ts"
import { attempt, type Finding, note, ok } from "../check/finding.ts"
import { repeatable } from "../flags/documented.ts"
import { file } from "../flags/pathFlags.ts"
import { lazyLayer } from "../lazyLayer.ts"
import { check } from "../usage/CommandUsage.ts"
import type { CliLocator } from "./CliLocator.ts"

const flags = {
  geoDb: repeatable(
    file("geo-db"),
    ".mmdb file for --geo mmdb; a city and an ASN file complete each other",
    "the installed DB-IP files",
  ),
}
type Flags = Command.Command.Config.Infer<typeof flags>

const options = ({ geoDb }: Flags) => (geoDb.length === 0 ? {} : { files: geoDb })

/** The files, and their age. */
const findings = (flags: Flags) =>
  Effect.gen(function* () {
    const Mmdb = yield* Effect.promise(() => import("../../geo/Mmdb.ts"))
    const { ageOf } = yield* Effect.promise(() => import("../../geo/mmdb/age.ts"))
    const now = yield* Clock.currentTimeMillis
    const { files, remedy } = yield* Mmdb.check(options(flags))
    return files.map((file): Finding => {
      const { ageDays, built, isOld } = ageOf(file, now)
      const age = built === null ? "of an unknown date" : `built on ${built}, ${plural(ageDays!, "day")} ago`
      const text = `${baseName(file.path)}: ${age}`
      return isOld ? note("mmdb", `${text}; some places will be wrong. ${remedy}`) : ok("mmdb", text)
    })
  }).pipe((effect) => attempt("mmdb", effect))

export const mmdb = {
  name: "mmdb",
  kind: "instant",
  flags,
  checks: [
    check<Flags & { readonly geo: ReadonlyArray<string> }>()(["geo", "geoDb"], ({ geo, geoDb }) =>
      geoDb.length > 0 && !geo.includes("mmdb") ? "--geo-db requires --geo mmdb: add it, or omit --geo-db." : undefined,
    ),
  ],
  shown: ({ geoDb }) => ({ "geo-db": geoDb.length === 0 ? undefined : geoDb.join(", ") }),
  findings,
  layer: (flags) =>
    lazyLayer(
      () => import("../../geo/Mmdb.ts"),
      (Mmdb) => Mmdb.layer(options(flags)),
    ),
} satisfies CliLocator<Flags>
