// Whether and how a connection to a server uses TLS.

import { Effect } from "effect"
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { type ConnectionOptions, getCACertificates } from "node:tls"
import { DatabaseConfigError } from "../domain/DatabaseError.ts"
import { readSmallFile } from "../text/readSmallFile.ts"
import { nameOf, type ServerSettings, type TlsMode } from "./ServerSettings.ts"

/** One way to connect: without TLS, or with these options. */
export type Transport = false | ConnectionOptions

/** The directory of a Unix socket, which leads to no network. */
export const isUnixSocket = (host: string): boolean => host.startsWith("/")

const wrong = (setting: string, message: string) => new DatabaseConfigError({ setting, message })

const rootCertificates = Effect.fnUntraced(function* (settings: ServerSettings, mode: TlsMode) {
  if (settings.rootCertificate === "system") return [...getCACertificates("default"), ...getCACertificates("system")]
  const verifies = mode === "verify-ca" || mode === "verify-full"
  const setting = nameOf(settings, "sslrootcert")
  const file = settings.rootCertificate ?? join(homedir(), ".postgresql", "root.crt")
  if (!existsSync(file)) {
    if (!verifies && settings.rootCertificate === undefined) return undefined
    return yield* wrong(
      setting,
      `The root certificate ${file} does not exist. Point ${setting} at the CA's certificate (PEM), ` +
        "or set it to system to trust the CAs of this machine.",
    )
  }
  return yield* readSmallFile(file).pipe(
    Effect.mapError((why) => wrong(setting, `The root certificate ${file} cannot be read: ${why}.`)),
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
  const system = settings.rootCertificate === "system"
  const mode = settings.tlsMode ?? (system ? "verify-full" : "prefer")
  if (mode === "disable" || isUnixSocket(settings.host)) return [false]
  if (system && mode !== "verify-full") {
    const setting = nameOf(settings, "sslmode")
    const roots = nameOf(settings, "sslrootcert")
    return yield* wrong(setting, `With ${roots} set to system, ${setting} must be verify-full, not ${mode}.`)
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
