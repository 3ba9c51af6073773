import { formatDuration, plural } from "../text/format.ts"

/** What a service takes. */
export interface ServiceRate {
  readonly batchSize: number
  readonly requestsPerMinute: number | null
}

/** Milliseconds that a quota makes addresses wait; undefined where nobody knows, and where one request will do. */
export const waitOf = (waiting: number, rate: ServiceRate | null): number | undefined =>
  rate === null || rate.requestsPerMinute === null || waiting <= rate.batchSize
    ? undefined
    : Math.ceil((waiting * 60) / (rate.batchSize * rate.requestsPerMinute)) * 1_000

/** `8 s`, `8 min 16 s`, `11 h 7 min`: of what is only estimated. */
export const formatWait = (milliseconds: number): string => {
  const seconds = Math.ceil(milliseconds / 1_000)
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1_000)
}

/**
 * How long a quota makes addresses wait: `12,400 addresses queued, about 8 min 16 s at 15 requests a minute`. One
 * request waits for nothing.
 */
export const describeQueue = (waiting: number, rate: ServiceRate | null): string => {
  const queued = `${plural(waiting, "address", "addresses")} queued`
  const wait = waitOf(waiting, rate)
  if (wait === undefined) return queued
  return `${queued}, about ${formatWait(wait)} at ${plural(rate!.requestsPerMinute!, "request")} a minute`
}
