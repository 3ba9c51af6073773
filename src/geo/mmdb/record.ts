// The records of .mmdb files as places: DB-IP's and MaxMind's, city, ASN and ISP.

import tzLookup from "@photostructure/tz-lookup"
import { Predicate, Result, Schema } from "effect"
import { Answer, Location } from "../../domain/Location.ts"

const Text = Schema.optionalKey(Schema.String)

const Name = Schema.Struct({ names: Schema.optionalKey(Schema.Struct({ en: Text })) })

const CountryCode = Schema.String.check(Schema.isPattern(/^([A-Za-z]{2})?$/))

const { latitude, longitude } = Location.fields

/** Records of city files (DB-IP's flat, MaxMind's nested) and of ASN and ISP files; further fields are ignored. */
const MmdbRecord = Schema.Struct({
  latitude: Schema.optionalKey(latitude),
  longitude: Schema.optionalKey(longitude),
  country_code: Schema.optionalKey(CountryCode),
  state1: Text,
  city: Schema.optionalKey(Schema.Union([Schema.String, Name])),
  timezone: Text,

  location: Schema.optionalKey(
    Schema.Struct({
      latitude: Schema.optionalKey(latitude),
      longitude: Schema.optionalKey(longitude),
      time_zone: Text,
    }),
  ),
  country: Schema.optionalKey(Schema.Struct({ ...Name.fields, iso_code: Schema.optionalKey(CountryCode) })),
  subdivisions: Schema.optionalKey(Schema.Array(Name)),
  traits: Schema.optionalKey(Schema.Struct({ isp: Text, autonomous_system_organization: Text })),

  isp: Text,
  autonomous_system_organization: Text,
  as_organization: Text,
})

/** What one record contains of a place. */
export interface Place extends Omit<Location, "latitude" | "longitude"> {
  readonly coordinates: Pick<Location, "latitude" | "longitude"> | null
}

const decode = Schema.decodeUnknownResult(MmdbRecord)

const countryNames = new Intl.DisplayNames("en", { type: "region", fallback: "none" })
const unknownRegion = "ZZ"

/** By code as it is written: each name takes as long as the rest of a record. */
const knownNames = new Map<string, string | undefined>()

const countryName = (code: string | undefined): string | undefined => {
  if (!code || code.toUpperCase() === unknownRegion) return undefined
  if (!knownNames.has(code)) knownNames.set(code, countryNames.of(code.toUpperCase()))
  return knownNames.get(code)
}

/** DB-IP stores numbers of 32 bits, in which 37.422 becomes 37.42200088500977. */
const degrees = (value: number): number => Math.round(value * 10_000) / 10_000

/** DB-IP and MaxMind leave out unknown coordinates; others write 0, 0, which is in the open sea. */
const coordinatesOf = (latitude: number | undefined, longitude: number | undefined): Place["coordinates"] =>
  latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)
    ? null
    : { latitude: degrees(latitude), longitude: degrees(longitude) }

/** A record's place, or why the record is invalid. Empty text is null. */
export const toPlace = (record: unknown): Result.Result<Place, string> =>
  Result.match(decode(record), {
    onFailure: (error) => Result.fail(error.message),
    onSuccess: ({ location, traits, ...flat }) =>
      Result.succeed({
        coordinates:
          coordinatesOf(location?.latitude, location?.longitude) ?? coordinatesOf(flat.latitude, flat.longitude),
        country:
          countryName(flat.country?.iso_code) || countryName(flat.country_code) || flat.country?.names?.en || null,
        region: flat.subdivisions?.[0]?.names?.en || flat.state1 || null,
        city: (Predicate.isString(flat.city) ? flat.city : flat.city?.names?.en) || null,
        timezone: location?.time_zone || flat.timezone || null,
        isp_name:
          traits?.isp ||
          flat.isp ||
          traits?.autonomous_system_organization ||
          flat.autonomous_system_organization ||
          flat.as_organization ||
          null,
      }),
  })

/** The first place, with what it lacks from the second. */
export const complete = (first: Place, second: Place): Place => ({
  coordinates: first.coordinates ?? second.coordinates,
  country: first.country ?? second.country,
  region: first.region ?? second.region,
  city: first.city ?? second.city,
  timezone: first.timezone ?? second.timezone,
  isp_name: first.isp_name ?? second.isp_name,
})

/** Located where there are coordinates; a missing time zone is taken from them. */
export const toAnswer = ({ coordinates, timezone, ...names }: Place): Answer =>
  coordinates === null
    ? Answer.notNow
    : Answer.located({
        ...coordinates,
        ...names,
        timezone: timezone ?? tzLookup(coordinates.latitude, coordinates.longitude),
      })
