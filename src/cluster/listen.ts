// The address on which a worker listens: the one at which others reach it, and no other.

import { lookup } from "node:dns/promises"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Effect, Option, Schema } from "effect"
import { systemCode } from "../domain/errno.ts"

/** The worker cannot listen. The engine does not report it, and no other worker would reach this one. */
class ListenError extends Schema.TaggedError<ListenError>()("ListenError", {
  code: Schema.String,
  message: Schema.String,
}) {}

/** Whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.")

const explain = (code: string): string => {
  switch (code) {
    case "EADDRINUSE":
      return "it is in use (EADDRINUSE), perhaps by another worker. Give this one another --port: it uses that port and the next."
    case "EACCES":
      return "permission denied (EACCES). Use a --port of 1024 or more."
    case "EADDRNOTAVAIL":
      return "this machine does not have that address (EADDRNOTAVAIL)."
    default:
      return `${code}. Use another --port or address.`
  }
}

const tryPort = (address: string, port: number) =>
  Effect.scoped(NodeSocketServer.make({ host: address, port })).pipe(
    Effect.mapError(({ reason }) => {
      const code = systemCode(reason.cause) ?? "unknown"
      return new ListenError({ code, message: `Cannot listen on ${address}:${port}: ${explain(code)}` })
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
    message: `--host ${host} ${why}. Correct it; or, if others still reach this worker there (NAT, Kubernetes), name the address to listen on: --listen ADDRESS.`,
  })

/**
 * The address to listen on: `named`, else the address of `host` that this machine has. Fails where the ports cannot be
 * listened on there.
 */
export const listenAddress = Effect.fn("Cluster.listenAddress")(function* (
  host: string,
  named: Option.Option<string>,
  ports: ReadonlyArray<number>,
) {
  if (Option.isSome(named)) return yield* tryPorts(named.value, ports)
  const resolved = yield* Effect.mapError(resolve(host), (code) => notHere(host, `cannot be resolved here (${code})`))
  // Debian writes `127.0.1.1 NAME` into /etc/hosts: on other machines the name has another address.
  const addresses = isLoopback(host) ? resolved : resolved.filter((address) => !isLoopback(address))
  const none: Effect.Effect<string, ListenError> = Effect.suspend(() => {
    const why = addresses.length === 0 ? "which only this machine reaches" : "which is no address of this machine"
    return Effect.fail(notHere(host, `resolves to ${resolved.join(", ")} here, ${why}`))
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
