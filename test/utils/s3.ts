// A real S3 server for tests.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect, Layer } from "effect"

/**
 * Prints its port, and ends with its stdin: also when the tests are killed. It signs a list differently from S3
 * (without the slash after the bucket), so signatures are read and not compared.
 */
const script = `
  const S3rver = require("@20minutes/s3rver")
  const directory = process.argv[1]
  process.stdin.resume().on("end", () => process.exit())
  new S3rver({ address: "127.0.0.1", port: 0, directory, silent: true, allowMismatchedSignatures: true })
    .run()
    .then(({ port }) => process.stdout.write(String(port)))
`

const makeDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "s3-"))),
  (directory) => Effect.promise(() => rm(directory, { recursive: true })),
)

const makeServer = Effect.fnUntraced(function* (directory: string) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["-e", script, directory], {
        cwd: import.meta.dirname,
        // Its continuation tokens are DES.
        env: { ...process.env, NODE_OPTIONS: "--openssl-legacy-provider" },
        stdio: ["pipe", "pipe", "inherit"],
      }),
    ),
    (child) =>
      Effect.promise(async () => {
        const exit = once(child, "exit")
        if (child.exitCode === null && child.kill()) await exit
      }),
  )
  const died = once(child, "exit").then(([code]) => {
    throw new Error(`s3rver ended with ${code}`)
  })
  const [port] = yield* Effect.promise(() => Promise.race([once(child.stdout, "data"), died]))
  return `http://127.0.0.1:${port}`
})

/** A server on a free port, with its objects in a temporary directory. Both are removed with the scope. */
export class S3Server extends Context.Service<
  S3Server,
  {
    readonly endpoint: string
    /** The only valid credentials, as AWS variables. Anonymous requests may do everything. */
    readonly credentials: { readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string }
    readonly makeBucket: (bucket: string) => Effect.Effect<void>
    readonly put: (
      bucket: string,
      key: string,
      body: string | Uint8Array,
      headers?: Readonly<Record<string, string>>,
    ) => Effect.Effect<void>
    readonly remove: (bucket: string, key: string) => Effect.Effect<void>
  }
>()("test/utils/S3Server") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const endpoint = yield* makeServer(yield* makeDirectory)
      const send = (
        method: string,
        parts: ReadonlyArray<string>,
        body?: string | Uint8Array<ArrayBuffer>,
        headers: Readonly<Record<string, string>> = {},
      ) =>
        Effect.promise(async () => {
          const url = [endpoint, ...parts.map(encodeURIComponent)].join("/")
          const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
          const answer = await response.text()
          if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${answer}`)
        })
      return {
        endpoint,
        credentials: { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" },
        makeBucket: (bucket) => send("PUT", [bucket]),
        put: (bucket, key, body, headers) =>
          send("PUT", [bucket, ...key.split("/")], typeof body === "string" ? body : new Uint8Array(body), headers),
        remove: (bucket, key) => send("DELETE", [bucket, ...key.split("/")]),
      }
    }),
  )
}
