import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { createServer } from "node:net"
import { listenAddress } from "../../src/cluster/listen.ts"
import { consecutivePorts } from "../utils/tcp.ts"

/** Of the documentation, so of no machine. */
const elsewhere = "203.0.113.7"

const listen = Effect.fnUntraced(function* (host: string, named?: string) {
  const port = yield* consecutivePorts
  return yield* listenAddress(host, Option.fromUndefinedOr(named), [port, port + 1])
})

describe("listenAddress", () => {
  it.live.each(["127.0.0.1", "127.0.0.2"])("is an address of this machine as it is: %s", (host) =>
    Effect.map(listen(host), (address) => assert.strictEqual(address, host)),
  )

  it.live("is what a name leads to, and not every address", () =>
    Effect.map(listen("localhost"), (address) => assert.include(["127.0.0.1", "::1"], address)),
  )

  it.live("is none where the host is another machine", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(listen(elsewhere))
      assert.strictEqual(
        message,
        "--host 203.0.113.7 resolves to 203.0.113.7 here, which is no address of this machine. Correct it; or, if others still reach this worker there (NAT, Kubernetes), name the address to listen on: --listen ADDRESS.",
      )
    }),
  )

  it.live("is none where a name leads to this machine's loopback alone, as Debian has it for its own name", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(listen("LOCALHOST"))
      assert.match(
        message,
        /^--host LOCALHOST resolves to \S+.* here, which only this machine reaches\. .* --listen ADDRESS\.$/,
      )
    }),
  )

  it.live("is none where the name is not known", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(listen("no-such-host.invalid"))
      assert.match(message, /^--host no-such-host\.invalid cannot be resolved here \(E\w+\)\. .* --listen ADDRESS\.$/)
    }),
  )

  it.live("is the one that is named, whatever the host", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* listen(elsewhere, "127.0.0.1"), "127.0.0.1")
      const { message } = yield* Effect.flip(listen("127.0.0.1", elsewhere))
      assert.match(message, /^Cannot listen on 203\.0\.113\.7:\d+: this machine does not have that address/)
    }),
  )

  it.live("is refused where a port is taken", () =>
    Effect.gen(function* () {
      const port = yield* consecutivePorts
      yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(port + 1, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close()),
      )
      const { message } = yield* Effect.flip(listenAddress("127.0.0.1", Option.none(), [port, port + 1]))
      assert.include(message, `Cannot listen on 127.0.0.1:${port + 1}: it is in use (EADDRINUSE)`)
    }).pipe(Effect.scoped),
  )
})
