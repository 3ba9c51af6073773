import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { collector } from "../utils/collector.ts"
import { etl, makeDatabase } from "../utils/etl.ts"
import { spawnEtl } from "../utils/etlChild.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { consecutivePorts } from "../utils/tcp.ts"

const emptyList = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`

const credentials = { AWS_ACCESS_KEY_ID: "AKIAWORKER", AWS_SECRET_ACCESS_KEY: "c0ffee" }

/** A store at an endpoint, and a worker with credentials of its own that was started with these flags. */
const setting = Effect.fnUntraced(function* (flags: (endpoint: string) => ReadonlyArray<string>) {
  const { env } = yield* makeDatabase
  const store = yield* collector((response) => response.setHeader("content-type", "application/xml").end(emptyList))
  const endpoint = store.url
  const port = yield* consecutivePorts
  const worker = yield* spawnEtl(["worker", "--port", String(port), "--geo", "none", ...flags(endpoint)], {
    cwd: yield* temporaryDirectory,
    env: { ...env, ...credentials },
  })
  yield* worker.says(/health: /)
  const load = (...flags: ReadonlyArray<string>) =>
    etl(["run", "--cluster", "--source", "x", "--aws", "--bucket", "b", "--endpoint", endpoint, ...flags], env)
  const authorizations = () => store.requests.map(({ headers }) => headers.authorization)
  return { authorizations, endpoint, load }
})

describe("a worker's credentials", () => {
  it.live("go to no endpoint that a run names", () =>
    Effect.gen(function* () {
      const { authorizations, endpoint, load } = yield* setting(() => ["--endpoint", "http://127.0.0.1:1"])
      const signed = yield* load("--sign")
      assert.strictEqual(signed.code, 5, signed.stderr)
      assert.include(
        signed.stderr,
        `s3://b/x: the worker at 127.0.0.1 does not sign requests to ${endpoint}. If it may, start every worker with --endpoint ${endpoint}`,
      )
      assert.deepStrictEqual(authorizations(), [])
      const anonymous = yield* load()
      assert.strictEqual(anonymous.code, 5, anonymous.stderr)
      assert.include(anonymous.stderr, "No key with this prefix")
      assert.deepStrictEqual(authorizations(), [undefined])
    }).pipe(Effect.scoped),
  )

  it.live("go to an endpoint that the worker was started with", () =>
    Effect.gen(function* () {
      const { authorizations, load } = yield* setting((endpoint) => ["--endpoint", `${endpoint}/`])
      const signed = yield* load("--sign")
      assert.include(signed.stderr, "No key with this prefix")
      assert.match(authorizations()[0]!, /^AWS4-HMAC-SHA256 Credential=AKIAWORKER/)
    }).pipe(Effect.scoped),
  )
})
