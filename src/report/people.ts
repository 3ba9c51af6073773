// The report's part on users: where they are, who they are, how well their columns are filled.

import { formatNumber } from "../text/format.ts"
import type { ColumnQuality, ReportData } from "../domain/ReportData.ts"
import { barHeader, nothing, ranking, shares } from "./charts.ts"
import type { Country } from "./countries.ts"
import { percent } from "./format.ts"
import { type Html, html } from "./html.ts"
import { timelineChart } from "./timeline.ts"
import { worldMap } from "./worldMap.ts"

const noPlaces = "No user has a place yet: etl locate looks them up."
const shownCountries = 15

/** DB-IP's city files have no providers: where none is known, a note takes the place of the table. */
const rankings = ({ cities, isps, users }: ReportData, countries: ReadonlyArray<Country>, distinct: number): Html => {
  const hasProviders = isps.top.length > 0
  return html`<div class="columns ${hasProviders ? "three" : "two"}">
      ${ranking({
        caption: "Countries",
        noun: "Country",
        rows: countries.slice(0, shownCountries),
        distinct,
        whole: users.total,
        none: "No user has a country yet.",
      })}
      ${ranking({
        caption: "Cities",
        noun: "City",
        rows: cities.top.map((city) => ({ name: cityName(city), users: city.users })),
        distinct: cities.distinct,
        whole: users.total,
        none: "No user has a city yet.",
      })}
      ${
        hasProviders
          ? ranking({
              caption: "Internet providers",
              noun: "Provider",
              rows: isps.top,
              distinct: isps.distinct,
              whole: users.total,
              none: "",
            })
          : null
      }
    </div>
    ${hasProviders ? null : html`<p class="note">No provider data. ip-api.com and local ISP databases have it, DB-IP’s city files do not.</p>`}`
}

/** Where users are: the map, and the most frequent countries, cities and providers. */
export const places = (data: ReportData, countries: ReadonlyArray<Country>): Html => {
  const { bins, users } = data
  const unlisted = data.countries.distinct - data.countries.top.length
  return html`<section aria-labelledby="places">
    <h2 id="places">Where users are</h2>
    <div class="card">
      ${
        countries.length === 0 && bins.length === 0
          ? nothing(users.total === 0 ? "No users yet, so there is nothing to put on a map." : noPlaces)
          : worldMap({ countries, bins, total: users.total, unlisted, nowhere: users.total - data.countries.users })
      }
    </div>
    ${users.total === 0 ? null : rankings(data, countries, countries.length + unlisted)}
  </section>`
}

/** A city with its region and country: names repeat. */
const cityName = ({ name, region, country }: ReportData["cities"]["top"][number]): Html => {
  const where = [region === name ? null : region, country].filter((part) => part !== null).join(", ")
  return html`${name}${where === "" ? null : html`<span class="quiet">, ${where}</span>`}`
}

/** Who they are: when they were created, their status and gender. */
export const people = ({ timeline, users, genders }: ReportData): Html => {
  const shownGenders = genders.top.slice(0, 5)
  const others = genders.users - shownGenders.reduce((sum, { users }) => sum + users, 0)
  return html`<section aria-labelledby="people">
    <h2 id="people">Who they are</h2>
    ${timelineChart(timeline)}
    <div class="columns two">
      ${shares(
        "Status",
        [
          { name: "Active", users: users.active },
          { name: "Inactive", users: users.inactive },
          { name: "Not known", users: users.total - users.active - users.inactive, isUnknown: true },
        ],
        "No users yet.",
      )}
      ${shares(
        "Gender",
        [
          ...shownGenders,
          { name: "Others", users: others },
          { name: "Not known", users: users.total - genders.users, isUnknown: true },
        ],
        "No users yet.",
      )}
    </div>
  </section>`
}

const longestOf = ({ longest, limit, days }: ColumnQuality): Html => {
  if (days !== null) {
    return html`<span class="whole">${days.first}</span> to <span class="whole">${days.last}</span>`
  }
  if (longest === null) return html`–`
  return html`<span class="whole">${formatNumber(longest)}${limit === null ? null : ` of ${formatNumber(limit)}`}</span>`
}

/** How well each column is filled. */
export const quality = ({ columns, users }: ReportData): Html =>
  html`<section aria-labelledby="quality">
    <h2 id="quality">Data quality</h2>
    <div class="card">
      ${
        users.total === 0
          ? nothing("No users yet, so no column is filled.")
          : html`<table>
                <caption>
                  Columns of
                  <code>users</code>
                  <span class="aside">of ${formatNumber(users.total)} ${users.total === 1 ? "user" : "users"}</span>
                </caption>
                <thead>
                  <tr>
                    <th scope="col">Column</th>
                    <th scope="col" class="n">Filled</th>
                    <th scope="col" class="n spare">Empty</th>
                    <th scope="col" class="n long">Longest text, or days</th>
                  </tr>
                </thead>
                <tbody>
                  ${columns.map(
                    (column) =>
                      html`<tr>
                        ${barHeader(html`<code>${column.column}</code>`, column.filled, users.total)}
                        <td class="n">${percent(column.filled, users.total)}</td>
                        <td class="n quiet spare">${formatNumber(users.total - column.filled)}</td>
                        <td class="n long">${longestOf(column)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>`
      }
    </div>
  </section>`
