// Places by number, as the bytes of their columns: many users share one. One that is asked for is an object too.

import type { Location } from "./Location.ts"
import { grown } from "./rows/grown.ts"

/** The columns of a place that are text, in their order. */
export const placeTexts = ["country", "region", "city", "timezone", "isp_name"] as const
const texts = placeTexts.length

/** Places of the first arrays, which grow. */
const firstPlaces = 256

/**
 * ```text
 *   coordinates   | place 1: latitude, longitude | place 2: ...
 *   at            | place 1: where its texts begin in `bytes` | place 2: ...
 *   lengths       | place 1: one number a text, -1 is null | place 2: ...
 *   bytes         | texts of place 1, one after the other | texts of place 2 | ...   UTF-8
 * ```
 */
export class PlaceTable {
  /** Places are numbered from 1. */
  count = 0
  bytes = Buffer.allocUnsafeSlow(firstPlaces * 64)
  /** How many of the bytes are in use. */
  used = 0
  coordinates = new Float64Array(2 * firstPlaces)
  at = new Int32Array(firstPlaces)
  lengths = new Int32Array(texts * firstPlaces)

  readonly #locations: Array<Location> = []

  /** Returns its number. */
  add(location: Location): number {
    const place = this.count++
    if (place === this.at.length) this.#growPlaces()
    this.coordinates[2 * place] = location.latitude
    this.coordinates[2 * place + 1] = location.longitude
    this.at[place] = this.used
    for (let text = 0; text < texts; text++) {
      this.lengths[place * texts + text] = this.#addText(location[placeTexts[text]!])
    }
    return this.count
  }

  /** As an object, which is made once. */
  location(number: number): Location {
    return (this.#locations[number] ??= this.#makeLocation(number - 1))
  }

  #makeLocation(place: number): Location {
    let start = this.at[place]!
    const next = (text: number): string | null => {
      const length = this.lengths[place * texts + text]!
      if (length < 0) return null
      start += length
      return this.bytes.toString("utf8", start - length, start)
    }
    return {
      latitude: this.coordinates[2 * place]!,
      longitude: this.coordinates[2 * place + 1]!,
      country: next(0),
      region: next(1),
      city: next(2),
      timezone: next(3),
      isp_name: next(4),
    }
  }

  #addText(text: string | null): number {
    if (text === null) return -1
    // UTF-8 has three bytes a UTF-16 code unit at most.
    this.#needBytes(3 * text.length)
    const length = this.bytes.write(text, this.used)
    this.used += length
    return length
  }

  #needBytes(count: number): void {
    const needed = this.used + count
    if (needed <= this.bytes.length) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length))
    bytes.set(this.bytes.subarray(0, this.used))
    this.bytes = bytes
  }

  #growPlaces(): void {
    const places = 2 * this.at.length
    this.at = grown(this.at, new Int32Array(places))
    this.coordinates = grown(this.coordinates, new Float64Array(2 * places))
    this.lengths = grown(this.lengths, new Int32Array(texts * places))
  }
}
