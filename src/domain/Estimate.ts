// How long a service's quota makes queued addresses wait.

import { formatDuration, plural } from "../text/format.ts"

/** How many addresses a service accepts per request, and how many requests a minute; null: unknown. */
export interface ServiceRate {
  readonly batchSize: number
  readonly requestsPerMinute: number | null
}

/** Milliseconds that a quota makes addresses wait; undefined where the rate is unknown or one request suffices. */
export const waitOf = (waiting: number, rate: ServiceRate | null): number | undefined =>
  rate === null || rate.requestsPerMinute === null || waiting <= rate.batchSize
    ? undefined
    : Math.ceil((waiting * 60) / (rate.batchSize * rate.requestsPerMinute)) * 1_000

/** An estimated time: `8 s`, `8 min 16 s`, `11 h 7 min`. */
export const formatWait = (milliseconds: number): string => {
  const seconds = Math.ceil(milliseconds / 1_000)
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1_000)
}

/**
 * How many addresses are queued, and for how long: `12,400 addresses queued, about 8 min 16 s at 15 requests a minute`.
 * No time where one request suffices.
 */
export const describeQueue = (waiting: number, rate: ServiceRate | null): string => {
  const queued = `${plural(waiting, "address", "addresses")} queued`
  const wait = waitOf(waiting, rate)
  if (wait === undefined) return queued
  return `${queued}, about ${formatWait(wait)} at ${plural(rate!.requestsPerMinute!, "request")} a minute`
}
