// Reads a connection string, as libpq does.

import { Effect, Redacted } from "effect"

/** libpq's names for what a connection string may have, and the names of our settings. */
const names = {
  host: "host",
  port: "port",
  user: "username",
  password: "password",
  dbname: "database",
  sslmode: "sslmode",
  sslrootcert: "sslrootcert",
  connect_timeout: "connectTimeout",
  application_name: "applicationName",
  options: "startupOptions",
} as const
type Name = keyof typeof names

/** What a connection string has; nothing that is empty. */
export type UrlSettings = Readonly<Partial<Record<(typeof names)[Name], string>>>

const isName = (name: string): name is Name => Object.hasOwn(names, name)

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Fails with what is wrong, as a verb phrase. Nothing of the string is in it: a misplaced part may be the password. */
export const parse = Effect.fnUntraced(function* (secret: Redacted.Redacted): Effect.fn.Return<UrlSettings, string> {
  const url = URL.parse(Redacted.value(secret))
  if (url === null) return yield* Effect.fail("is not a connection string")
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    return yield* Effect.fail("does not begin with postgresql://")
  }
  if (url.hash !== "" || /@/.test(url.pathname + url.search)) {
    return yield* Effect.fail("has a character that must be percent-encoded")
  }
  const parts = {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port,
    user: url.username,
    password: url.password,
    dbname: url.pathname.replace(/^\//, ""),
  }
  const settings: { -readonly [Setting in keyof UrlSettings]: string } = {}
  for (const [name, part] of Object.entries(parts) as Array<[keyof typeof parts, string]>) {
    const value = decode(part)
    if (value === undefined) return yield* Effect.fail(`has an invalid percent-encoding in its ${name}`)
    if (value !== "") settings[names[name]] = value
  }
  for (const [name, value] of url.searchParams) {
    if (!isName(name)) {
      return yield* Effect.fail(
        `has a parameter that is not supported; those that are: ${Object.keys(names).join(", ")}`,
      )
    }
    if (value !== "") settings[names[name]] = value
  }
  return settings
})
