// `--geo none`: users are loaded without places.

import { Effect } from "effect"
import { ok } from "../check/finding.ts"
import { lazyLayer } from "../lazyLayer.ts"
import type { CliLocator } from "./CliLocator.ts"

export const none = {
  name: "none",
  kind: "none",
  flags: {},
  findings: () => Effect.succeed([ok("locator", "none: users are loaded without places")]),
  layer: () =>
    lazyLayer(
      () => import("../../geo/GeoLocator.ts"),
      ({ GeoLocator }) => GeoLocator.none,
    ),
} satisfies CliLocator<unknown>
