// Words for a user's status in other languages: no file proves them, so they are proposed and written into the mapping.

const truths = ["aktiv", "aktiviert", "ja", "actif", "activé", "oui", "activo", "activa", "sí", "si"]
const falsehoods = [
  "inaktiv",
  "deaktiviert",
  "gesperrt",
  "nein",
  "inactif",
  "désactivé",
  "bloqué",
  "non",
  "inactivo",
  "inactiva",
  "bloqueado",
  "bloqueada",
]

const meanings = new Map([
  ...truths.map((word) => [word, true] as const),
  ...falsehoods.map((word) => [word, false] as const),
])

/** The meaning of a word, in any case; undefined: it is not listed here. */
export const statusWord = (text: string): boolean | undefined => meanings.get(text.trim().toLowerCase())
