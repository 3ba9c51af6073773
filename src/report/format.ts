// Numbers, times and lists as the report writes them.

import { formatDuration, formatNumber } from "../text/format.ts"

const tenths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat("en-US", { notation: "compact" })

/** `1.2M`, for an axis. */
export const short = (value: number): string => compact.format(value)

/** A share as people read it: only nothing is 0%, only all is 100%. */
export const percent = (part: number, whole: number): string => {
  if (whole <= 0 || part <= 0) return "0%"
  if (part >= whole) return "100%"
  const share = (part / whole) * 100
  if (share < 0.1) return "<0.1%"
  return share > 99.9 ? ">99.9%" : `${tenths.format(share)}%`
}

/** A width for CSS: 0 to 100 percent, with two digits. */
export const width = (part: number, whole: number): string =>
  whole <= 0 ? "0%" : `${Math.round(Math.min(1, Math.max(0, part / whole)) * 10_000) / 100}%`

/** `12.3 s`, `8 min 16 s`; below a tenth of a second in milliseconds. */
export const duration = (milliseconds: number): string =>
  milliseconds > 0 && milliseconds < 100 ? `${formatNumber(milliseconds)} ms` : formatDuration(milliseconds)

const dateTime = new Intl.DateTimeFormat("en-US", {
  dateStyle: "medium",
  timeStyle: "short",
  hourCycle: "h23",
  timeZone: "UTC",
})

/** `Nov 25, 2026, 17:03`, in UTC. */
export const minute = (value: Date): string => dateTime.format(value)

/** `Nov 25, 2026, 17:03 UTC`. */
export const time = (value: Date): string => `${minute(value)} UTC`

/** Lists for a sentence: `a`, `a and b`, `a, b and c`. */
export const list = (items: ReadonlyArray<string>): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`
