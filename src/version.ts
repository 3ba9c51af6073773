import { Schema } from "effect"
import { readFileSync } from "node:fs"

/** Of this package: `0.1.0`. */
export const { version } = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
)
