import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { directoryOf } from "../utils/etl.ts"
import { spawnEtl } from "../utils/etlChild.ts"

const signed = [
  "--source",
  "p",
  "--aws",
  "--bucket",
  "b",
  "--sign",
  "--endpoint",
  "http://127.0.0.1:1",
  "--geo",
  "none",
]
const ignored =
  "Ignored in .env: AWS_CONFIG_FILE, NODE_OPTIONS. Set these in the environment; etl help lists what .env sets."

// No credentials but those that .env leads to.
const env = { PATH: process.env.PATH!, AWS_EC2_METADATA_DISABLED: "true" }

/** A directory with a .env that another user has prepared, and the file that its program writes. */
const prepared = Effect.gen(function* () {
  const elsewhere = yield* directoryOf({})
  const ran = join(elsewhere, "ran")
  const cwd = yield* directoryOf({
    "aws.config": `[default]\ncredential_process = touch ${ran}\n`,
    ".env": "AWS_CONFIG_FILE=aws.config\nNODE_OPTIONS=geheim\nAWS_REGION=eu-north-1\n",
    "column_mappings.json": '{ "mail": "email" }',
  })
  return { cwd, ran }
})

describe(".env of the current directory", () => {
  it.live("runs no program; what it does not set is reported once, and logged", () =>
    Effect.gen(function* () {
      const { cwd, ran } = yield* prepared
      const child = yield* spawnEtl([...signed, "--dry-run"], { cwd, env })
      yield* child.ended
      assert.isFalse(existsSync(ran), child.output.stderr)
      const { stderr, stdout } = child.output
      assert.deepStrictEqual(
        stderr.split("\n").filter((line) => line.includes(".env")),
        [ignored],
      )
      const log = readFileSync(join(cwd, "etl.log"), "utf8")
      assert.strictEqual(log.split(ignored).length, 2)
      assert.notInclude(stdout + stderr + log, "geheim")
    }).pipe(Effect.scoped),
  )

  it.live("is a note of etl check", () =>
    Effect.gen(function* () {
      const { cwd, ran } = yield* prepared
      const child = yield* spawnEtl(["check", ...signed], { cwd, env })
      yield* child.ended
      assert.isFalse(existsSync(ran), child.output.stderr)
      const { stderr, stdout } = child.output
      assert.match(stdout, /AWS_REGION +eu-north-1 +AWS_REGION \(\.env\)/)
      assert.match(stdout, new RegExp(`^note +\\.env +${ignored}$`, "m"))
      assert.notInclude(stdout + stderr, "geheim")
    }).pipe(Effect.scoped),
  )
})
