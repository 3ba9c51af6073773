// Whether and how a connection to a server uses TLS.

import { Effect } from "effect"
import { existsSync } from "node:fs"
import { type ConnectionOptions, getCACertificates } from "node:tls"
import { DatabaseConfigError } from "../domain/DatabaseError.ts"
import { readSmallFile } from "../text/readSmallFile.ts"
import type { ServerSettings, SslMode } from "./ServerSettings.ts"

/** One way to connect: without TLS, or with these options. */
export type Transport = false | ConnectionOptions

/** The directory of a Unix socket, which leads to no network. */
export const isUnixSocket = (host: string): boolean => host.startsWith("/")

const wrong = (
  setting: "sslmode" | "sslrootcert",
  reason: DatabaseConfigError["reason"],
  message: string,
  { origins }: ServerSettings,
) => new DatabaseConfigError({ setting, reason, message, ...(origins !== undefined && { origins }) })

const instead = "Use the CA's certificate (a PEM file), or system to trust the CAs of this machine."

const rootCertificates = Effect.fnUntraced(function* (settings: ServerSettings, mode: SslMode) {
  const file = settings.sslrootcert
  if (file === "system") return [...getCACertificates("default"), ...getCACertificates("system")]
  if (file === undefined) {
    if (mode !== "verify-ca" && mode !== "verify-full") return undefined
    return yield* wrong("sslrootcert", "missing", `sslmode ${mode} needs a root certificate. ${instead}`, settings)
  }
  if (!existsSync(file)) {
    const message = `The root certificate ${file} does not exist. ${instead}`
    return yield* wrong("sslrootcert", "unreadable", message, settings)
  }
  return yield* Effect.mapError(readSmallFile(file), (why) =>
    wrong("sslrootcert", "unreadable", `The root certificate ${file} cannot be read: ${why}.`, settings),
  )
})

/**
 * The transports that libpq would try, in its order: `prefer` (the default) is TLS, then plain; `allow` the other way
 * round. With a root certificate the server's is verified, whatever the mode; its host name with `verify-full` alone.
 * The root certificate `system` requires `verify-full`. A Unix socket has no TLS.
 */
export const transports = Effect.fn("Tls.transports")(function* (
  settings: ServerSettings,
): Effect.fn.Return<ReadonlyArray<Transport>, DatabaseConfigError> {
  const system = settings.sslrootcert === "system"
  const mode = settings.sslmode ?? (system ? "verify-full" : "prefer")
  if (mode === "disable" || isUnixSocket(settings.host)) return [false]
  if (system && mode !== "verify-full") {
    const message = `With the root certificate system the sslmode must be verify-full, not ${mode}.`
    return yield* wrong("sslmode", "invalid", message, settings)
  }
  const ca = yield* rootCertificates(settings, mode)
  const tls: ConnectionOptions = {
    rejectUnauthorized: ca !== undefined,
    ...(ca !== undefined && { ca }),
    ...(mode !== "verify-full" && { checkServerIdentity: () => undefined }),
  }
  if (mode === "prefer") return [tls, false]
  return mode === "allow" ? [false, tls] : [tls]
})
