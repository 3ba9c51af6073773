// What to do about an error of a locator, by its tag and its fields.

import { Predicate } from "effect"

const ofIpApi = "IP_API_URL sets the URL, IP_API_KEY the key."

/** Follows an advice to use another file. */
const ofFiles = "Name it with --geo-db FILE."

const bySetting: Readonly<Record<string, string>> = { url: ofIpApi, key: ofIpApi, files: ofFiles }

const field = (error: object, name: string): string =>
  Predicate.hasProperty(error, name) && Predicate.isString(error[name]) ? error[name] : ""

const ofSetting = (error: object): string | undefined => bySetting[field(error, "setting")]

/** By the error's tag. */
export const geoAdvice: Readonly<Record<string, (error: object) => string | undefined>> = {
  GeoLocatorConfigError: ofSetting,
  GeoLocatorError: ofSetting,
  // A path or a right is corrected where it is.
  MmdbError: (error) => (["missing", "unreadable"].includes(field(error, "reason")) ? undefined : ofFiles),
}
