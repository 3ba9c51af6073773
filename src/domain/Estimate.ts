const number = new Intl.NumberFormat("en-US")

/** A count and what is counted: `1 file`, `2,000 files`. */
export const plural = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${number.format(count)} ${count === 1 ? noun : nouns}`

/** `12.3 s`, `8 min 16 s`, `11 h 7 min`. */
export const formatDuration = (milliseconds: number): string => {
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

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
