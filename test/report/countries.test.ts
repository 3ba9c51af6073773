import { all } from "iso-3166-1"
import { assert, describe, it } from "@effect/vitest"
import { countryCode, joinCountries } from "../../src/report/countries.ts"

/** What ip-api.com and MaxMind, whose data it resembles, answer for countries that have several names. */
const services: Readonly<Record<string, string>> = {
  "United States": "US",
  Russia: "RU",
  "South Korea": "KR",
  "North Korea": "KP",
  Czechia: "CZ",
  "Czech Republic": "CZ",
  Türkiye: "TR",
  Turkey: "TR",
  Vietnam: "VN",
  "Hong Kong": "HK",
  Macao: "MO",
  Macau: "MO",
  Taiwan: "TW",
  "The Netherlands": "NL",
  "Ivory Coast": "CI",
  "Côte d'Ivoire": "CI",
  "DR Congo": "CD",
  "Congo Republic": "CG",
  "Republic of the Congo": "CG",
  "Cabo Verde": "CV",
  "Cape Verde": "CV",
  Eswatini: "SZ",
  Swaziland: "SZ",
  "North Macedonia": "MK",
  Palestine: "PS",
  "Palestinian Territory": "PS",
  Kosovo: "XK",
  Myanmar: "MM",
  Laos: "LA",
  Syria: "SY",
  Iran: "IR",
  Tanzania: "TZ",
  Bolivia: "BO",
  Venezuela: "VE",
  Moldova: "MD",
  Brunei: "BN",
  Bahamas: "BS",
  "The Bahamas": "BS",
  Gambia: "GM",
  "Vatican City": "VA",
  "East Timor": "TL",
  "Timor-Leste": "TL",
  "U.S. Virgin Islands": "VI",
  "British Virgin Islands": "VG",
  "St Kitts and Nevis": "KN",
  "Saint Kitts and Nevis": "KN",
  "St Vincent and Grenadines": "VC",
  "São Tomé and Príncipe": "ST",
  "Bosnia and Herzegovina": "BA",
  "Trinidad and Tobago": "TT",
  "Bonaire, Sint Eustatius, and Saba": "BQ",
  "Federated States of Micronesia": "FM",
  Réunion: "RE",
  Reunion: "RE",
  Curaçao: "CW",
  "Åland Islands": "AX",
  Aland: "AX",
  "Saint Barthélemy": "BL",
  "Isle of Man": "IM",
  "Hashemite Kingdom of Jordan": "JO",
  "Republic of Lithuania": "LT",
}

describe("countries", () => {
  it("knows every country by the name that a local database gives it", () => {
    const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" })
    const wrong = [...all().map(({ alpha2 }) => alpha2), "XK"].filter((code) => countryCode(names.of(code)!) !== code)
    assert.deepStrictEqual(wrong, [])
  })

  it("knows countries by the names that services give them", () => {
    const found = Object.fromEntries(Object.keys(services).map((name) => [name, countryCode(name)]))
    assert.deepStrictEqual(found, services)
  })

  it("knows nothing of what is no country", () => {
    for (const name of ["", "Atlantis", "constructor", "<b>", "The"]) assert.isUndefined(countryCode(name), name)
  })

  it("joins the names of one country, under the one that the most users have, and loses none", () => {
    const place = { latitude: 1, longitude: 2 }
    const joined = joinCountries([
      { name: "Turkey", users: 5, place: null },
      { name: "Atlantis", users: 4, place: null },
      { name: "Türkiye", users: 3, place },
      { name: "atlantis", users: 1, place: null },
    ])
    assert.deepStrictEqual(joined, [
      { name: "Turkey", users: 8, place, code: "TR" },
      { name: "Atlantis", users: 4, place: null, code: undefined },
      { name: "atlantis", users: 1, place: null, code: undefined },
    ])
  })
})
