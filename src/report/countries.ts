// Countries by their English names: one name and one code each, however a locator spells them.

import { all } from "iso-3166-1"
import type { CountryShare } from "../domain/ReportData.ts"

/** Kosovo has no ISO code; this one is in use for it. */
const kosovo = "XK"

/** Names that ip-api.com, MaxMind and others use, and neither ISO nor Unicode does. */
const aliases: Readonly<Record<string, string>> = {
  Aland: "AX",
  "British Virgin Islands": "VG",
  "Cape Verde": "CV",
  Congo: "CG",
  "Congo Republic": "CG",
  "Congo, Democratic Republic of the": "CD",
  "Congo, The Democratic Republic of the": "CD",
  "DR Congo": "CD",
  "Democratic Republic of the Congo": "CD",
  "East Timor": "TL",
  "Great Britain": "GB",
  "Hashemite Kingdom of Jordan": "JO",
  "Iran, Islamic Republic of": "IR",
  "Ivory Coast": "CI",
  "Korea, Democratic People's Republic of": "KP",
  "Korea, Republic of": "KR",
  "Lao PDR": "LA",
  Macau: "MO",
  "Macedonia, The Former Yugoslav Republic of": "MK",
  "Micronesia, Federated States of": "FM",
  "Moldova, Republic of": "MD",
  Palestine: "PS",
  "Palestine, State of": "PS",
  "Palestinian Territory": "PS",
  "Republic of Lithuania": "LT",
  "Republic of the Congo": "CG",
  "St Martin (French part)": "MF",
  "St Vincent and Grenadines": "VC",
  "Tanzania, United Republic of": "TZ",
  UK: "GB",
  USA: "US",
  "US Virgin Islands": "VI",
  Vatican: "VA",
}

/** Without what does not distinguish countries: accents, case, `&`, `St.`, punctuation, a leading `The`. */
const toKey = (name: string): string =>
  name
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("&", " and ")
    .replaceAll(/\bst\b/g, "saint")
    .replaceAll(/\bu\.s\./g, "us")
    .replaceAll(/[^a-z]+/g, " ")
    .trim()
    .replace(/^the /, "")

const unicodeNames = new Intl.DisplayNames("en", { type: "region", fallback: "none" })
const isoCountries = all()

/** Alpha-2 codes by key. Later entries win: ISO calls two countries Congo. */
const codes = new Map<string, string>([
  ...isoCountries.map(({ country, alpha2 }) => [toKey(country), alpha2] as const),
  ...[...isoCountries.map(({ alpha2 }) => alpha2), kosovo].map(
    (code) => [toKey(unicodeNames.of(code) ?? code), code] as const,
  ),
  ...Object.entries(aliases).map(([name, code]) => [toKey(name), code] as const),
])

const numbers = new Map(isoCountries.map(({ alpha2, numeric }) => [alpha2, numeric]))

/** The alpha-2 code of a country by any of its English names. */
export const countryCode = (name: string): string | undefined => codes.get(toKey(name))

/** The key of a country in `world-atlas`: its three ISO digits, or its name where it has none. */
export const atlasId = (code: string): string => numbers.get(code) ?? (code === kosovo ? "Kosovo" : code)

/** A country under one name, however it is spelled; without a code where it is unknown. */
export interface Country extends CountryShare {
  readonly code: string | undefined
}

/** Joins the spellings of one country, under the name and at the place of most of its users. */
export const joinCountries = (shares: ReadonlyArray<CountryShare>): ReadonlyArray<Country> => {
  const joined = new Map<string, Country>()
  for (const share of shares) {
    const code = countryCode(share.name)
    const key = code ?? `${share.name} `
    const known = joined.get(key)
    joined.set(
      key,
      known === undefined
        ? { ...share, code }
        : { ...known, users: known.users + share.users, place: known.place ?? share.place },
    )
  }
  return [...joined.values()].sort((left, right) => right.users - left.users)
}
