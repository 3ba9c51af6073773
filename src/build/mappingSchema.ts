// Writes the JSON Schema of mapping files, for editors: node src/build/mappingSchema.ts OUT.

import { writeFileSync } from "node:fs"
import { toJsonSchema } from "../domain/mappingSchema.ts"

const [out] = process.argv.slice(2) as [string]
writeFileSync(out, `${JSON.stringify(toJsonSchema(), null, 2)}\n`)
