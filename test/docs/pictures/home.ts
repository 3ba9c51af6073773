// A person's folder, with three exports of invented users.

import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { userActivity } from "../../fixtures/UserActivity.ts"

/** Where the pictures say that the folder is. */
export const home = "/home/me/activity"

const exports = [
  { name: "q1.csv", rows: 21_412 },
  { name: "q2.csv", rows: 24_066 },
  { name: "q3.csv", rows: 27_583 },
]
const users = 60_000

/** Damages some e-mail addresses, as people and programs do: no @, or nothing at all. */
const damage = (csv: string): string => {
  let record = 0
  return csv.replaceAll(/,([^,\n]*)@(example\.\w+ ?),/g, (whole, name: string, domain: string) => {
    record += 1
    if (record % 731 === 500) return `,${name}.${domain},`
    return record % 1_811 === 1_200 ? ",," : whole
  })
}

/** Makes the folder under a root, which is removed when the scope closes. Gives the root. */
export const makeHome = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "pictures-")))),
  (root) => Effect.sync(() => rmSync(root, { recursive: true, force: true })),
).pipe(
  Effect.tap((root) =>
    Effect.sync(() => {
      const directory = join(root, home)
      mkdirSync(join(directory, "input"), { recursive: true })
      copyFileSync(join(import.meta.dirname, "../../../column_mappings.json"), join(directory, "column_mappings.json"))
      for (const [index, { name, rows }] of exports.entries()) {
        const csv = Buffer.concat([...userActivity({ rows, users, seed: index + 1 })]).toString("utf8")
        writeFileSync(join(directory, "input", name), damage(csv))
      }
    }),
  ),
)
