// The report's map of users.

import { formatNumber } from "../text/format.ts"
import { geoEqualEarth, geoPath } from "d3-geo"
import { scaleSqrt } from "d3-scale"
import type { Feature, Geometry } from "geojson"
import { feature } from "topojson-client"
import type { GeometryCollection, Topology } from "topojson-specification"
import atlas from "world-atlas/countries-110m.json" with { type: "json" }
import type { PlaceBin } from "../domain/ReportData.ts"
import { atlasId, type Country } from "./countries.ts"
import { list, percent } from "./format.ts"
import { type Html, html } from "./html.ts"

const mapWidth = 960
const mapHeight = 452
const smallCountryRadius = 4.5
const namedCountries = 8

type Land = Feature<Geometry, { readonly name: string }>

const world = atlas as unknown as Topology<{ readonly countries: GeometryCollection<{ readonly name: string }> }>
const lands: ReadonlyArray<Land> = feature(world, world.objects.countries).features.filter(
  ({ properties }) => properties.name !== "Antarctica",
)

const projection = geoEqualEarth()
  // This cuts no country in two, except at the Bering Strait.
  .rotate([-11, 0])
  .fitSize([mapWidth, mapHeight], { type: "FeatureCollection", features: [...lands] })
const path = geoPath(projection).digits(1)

/** The outline of each country, by its key in the atlas. */
const outlines = lands.map((land) => ({ id: String(land.id ?? land.properties.name), d: path(land) }))

const steps = [1, 2, 5]
const maxClasses = 6

/**
 * Where classes of numbers begin, by 1, 2, 5, 10 or by tens: the finest that needs no more than six. The counts of
 * countries differ by orders of magnitude.
 */
export const classBounds = (most: number): ReadonlyArray<number> => {
  const candidates = [steps, [1, 3], [1]].map((factors) => {
    const bounds: Array<number> = []
    for (let power = 1; power <= most; power *= 10) {
      bounds.push(...factors.map((factor) => factor * power).filter((bound) => bound <= most))
    }
    return bounds
  })
  const finest = candidates.find((bounds) => bounds.length <= maxClasses) ?? candidates.at(-1)!
  // Where there are more tens than classes, the smallest numbers share the lowest class.
  return finest.length <= maxClasses ? finest : [1, ...finest.slice(1 - maxClasses)]
}

/** The class of a count, from 1 for the fewest to 6; where there are few classes they have the strong colours. */
const makeClassOf = (bounds: ReadonlyArray<number>) => (users: number) =>
  maxClasses - bounds.length + bounds.findLastIndex((bound) => bound <= users) + 1

const legend = (bounds: ReadonlyArray<number>): Html => {
  const classOf = makeClassOf(bounds)
  const label = (bound: number, next: number | undefined) => {
    if (next === undefined) return bounds.length === 1 ? `${formatNumber(bound)} or more` : `${formatNumber(bound)}+`
    return next - bound === 1 ? formatNumber(bound) : `${formatNumber(bound)}–${formatNumber(next - 1)}`
  }
  return html`<ul class="legend">
    ${bounds.map(
      (bound, index) =>
        html`<li><span class="swatch q${classOf(bound)}"></span>${label(bound, bounds[index + 1])}</li>`,
    )}
    <li><span class="swatch land"></span>no users</li>
    <li><span class="swatch city"></span>places, by number of users</li>
  </ul>`
}

const round = (value: number): number => Math.round(value * 10) / 10

const cityDots = (bins: ReadonlyArray<PlaceBin>): ReadonlyArray<Html> => {
  const radius = scaleSqrt([0, Math.max(...bins.map(({ users }) => users))], [0.9, 9])
  return bins.flatMap(({ latitude, longitude, users }) => {
    const point = projection([longitude, latitude])
    if (point === null) return []
    return html`<circle cx="${round(point[0])}" cy="${round(point[1])}" r="${round(radius(users))}" />`
  })
}

/** A country's label on the map: `Germany: 1,234 users (5.6%)`. */
const describe = ({ name, users }: Country, total: number): string =>
  `${name}: ${formatNumber(users)} ${users === 1 ? "user" : "users"} (${percent(users, total)})`

const notDrawn = (countries: ReadonlyArray<Country>, unlisted: number, nowhere: number): Html | null => {
  const named = countries
    .slice(0, namedCountries)
    .map(({ name, users }) => `${name} (${formatNumber(users)} ${users === 1 ? "user" : "users"})`)
  const more = countries.length - named.length + unlisted
  const items = [
    ...named,
    ...(more > 0 ? [`${formatNumber(more)} more ${more === 1 ? "country" : "countries"}`] : []),
    ...(nowhere > 0 ? [`${formatNumber(nowhere)} ${nowhere === 1 ? "user" : "users"} without a country`] : []),
  ]
  return items.length === 0 ? null : html`<p class="note">Not on the map: ${list(items)}.</p>`
}

/** The data of the map. */
export interface MapData {
  readonly countries: ReadonlyArray<Country>
  readonly bins: ReadonlyArray<PlaceBin>
  /** All users. */
  readonly total: number
  /** Countries that are not listed, and users that have none. */
  readonly unlisted: number
  readonly nowhere: number
}

/**
 * Users by country and place. Countries are joined by code; small ones that the atlas lacks are dots where most of
 * their users are; what cannot be drawn is listed below.
 */
export const worldMap = ({ countries, bins, total, unlisted, nowhere }: MapData): Html => {
  const bounds = classBounds(Math.max(1, ...countries.map(({ users }) => users)))
  const classOf = makeClassOf(bounds)

  const byId = new Map(
    countries.flatMap((country) => (country.code === undefined ? [] : [[atlasId(country.code), country] as const])),
  )
  const drawn = new Set<Country>()
  const shapes = outlines.map(({ id, d }) => {
    const country = byId.get(id)
    if (country === undefined) return html`<path class="land" d="${d}" />`
    drawn.add(country)
    return html`<path class="q${classOf(country.users)}" d="${d}"><title>${describe(country, total)}</title></path>`
  })
  const small = countries.flatMap((country) => {
    if (country.code === undefined || country.place === null || drawn.has(country)) return []
    const point = projection([country.place.longitude, country.place.latitude])
    if (point === null) return []
    drawn.add(country)
    return html`<circle class="small q${classOf(country.users)}" cx="${round(point[0])}" cy="${round(point[1])}" r="${smallCountryRadius}"><title>${describe(country, total)}</title></circle>`
  })
  const first = countries.slice(0, 3).map((country) => describe(country, total))
  return html`<figure>
    <svg class="map" viewBox="0 0 ${mapWidth} ${mapHeight}" role="img" aria-labelledby="map-title map-desc">
      <title id="map-title">World map of users by country</title>
      <desc id="map-desc">${first.length === 0 ? "No user has a country." : `The most are in ${list(first)}.`}</desc>
      <g>${shapes}</g>
      <g>${small}</g>
      <g class="cities">${cityDots(bins)}</g>
    </svg>
    <figcaption>
      ${legend(bounds)}${notDrawn(
        countries.filter((country) => !drawn.has(country)),
        unlisted,
        nowhere,
      )}
    </figcaption>
  </figure>`
}
