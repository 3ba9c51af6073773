// The names of fields as `--header` takes them: with commas between, and quoted as in CSV where they have one.

/** The value that leaves the header to each file. */
const auto = "auto"

const field = /\s*"((?:[^"]|"")*)"\s*,|([^,]*),/g

/** Undefined: there is no name. */
export const parseNames = (text: string): ReadonlyArray<string> | undefined =>
  text.trim() === ""
    ? undefined
    : Array.from(`${text},`.matchAll(field), ([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain.trim())

/** What `parseNames` reads as these names. */
export const formatNames = (names: ReadonlyArray<string>): string => {
  const quoted = names.map((name) =>
    name.startsWith('"') || name.includes(",") || name !== name.trim() ? `"${name.replaceAll('"', '""')}"` : name,
  )
  const text = quoted.join(",")
  return text === "" || text === auto ? `"${text}"` : text
}
