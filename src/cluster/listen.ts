import { lookup } from "node:dns/promises"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Effect, Option, Schema } from "effect"
import { systemCode } from "../domain/errno.ts"

// Where a worker listens: at the address that others know it by, and no other.

/** The worker cannot listen. The engine itself reports nothing, and no other worker would find it. */
class ListenError extends Schema.TaggedError<ListenError>()("ListenError", {
  code: Schema.String,
  message: Schema.String,
}) {}

/** Whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.")

const explain = (code: string): string => {
  switch (code) {
    case "EADDRINUSE":
      return "it is taken (EADDRINUSE), perhaps by another worker. Give this one a --port of its own: it takes that and the next."
    case "EACCES":
      return "this user may not (EACCES). Give a --port from 1024 on."
    case "EADDRNOTAVAIL":
      return "the address is not of this machine (EADDRNOTAVAIL)."
    default:
      return `${code}. Give another --port or address.`
  }
}

const tryPort = (address: string, port: number) =>
  Effect.scoped(NodeSocketServer.make({ host: address, port })).pipe(
    Effect.mapError(({ reason }) => {
      const code = systemCode(reason.cause) ?? "unknown"
      return new ListenError({ code, message: `${address}:${port} cannot be listened on: ${explain(code)}` })
    }),
  )

const tryPorts = (address: string, ports: ReadonlyArray<number>) =>
  Effect.as(
    Effect.forEach(ports, (port) => tryPort(address, port), { discard: true }),
    address,
  )

const resolve = (host: string) =>
  Effect.tryPromise({
    try: async () => (await lookup(host, { all: true })).map(({ address }) => address),
    catch: (error) => systemCode(error) ?? "unknown",
  })

const notHere = (host: string, why: string) =>
  new ListenError({
    code: "EADDRNOTAVAIL",
    message: `--host ${host} ${why}. Correct it; or, if others reach this worker there all the same (NAT, Kubernetes), name the address to listen on: --listen ADDRESS.`,
  })

/**
 * The address to listen on: the one that is named, else that of `host` which is this machine's. Tries whether the ports can
 * be listened on there.
 */
export const listenAddress = Effect.fn("Cluster.listenAddress")(function* (
  host: string,
  named: Option.Option<string>,
  ports: ReadonlyArray<number>,
) {
  if (Option.isSome(named)) return yield* tryPorts(named.value, ports)
  const resolved = yield* Effect.mapError(resolve(host), (code) => notHere(host, `is not known here (${code})`))
  // Debian writes `127.0.1.1 NAME` into /etc/hosts: other machines know the name by another address.
  const addresses = isLoopback(host) ? resolved : resolved.filter((address) => !isLoopback(address))
  const none: Effect.Effect<string, ListenError> = Effect.suspend(() => {
    const why = addresses.length === 0 ? "which only this machine reaches" : "which is no address of this machine"
    return Effect.fail(notHere(host, `leads to ${resolved.join(", ")} here, ${why}`))
  })
  return yield* addresses.reduceRight(
    (others, address) =>
      Effect.catchIf(
        tryPorts(address, ports),
        ({ code }) => code === "EADDRNOTAVAIL",
        () => others,
      ),
    none,
  )
})
