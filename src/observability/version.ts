// The version of this package: `0.1.0`.

import manifest from "../../package.json" with { type: "json" }

export const { version } = manifest
