// Numbers, counts, durations and sizes as people read them.

const number = new Intl.NumberFormat("en-US")

/** `1,234,567`. */
export const formatNumber = (value: number): string => number.format(value)

/** A count and what is counted: `1 file`, `2,000 files`. */
export const plural = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${formatNumber(count)} ${count === 1 ? noun : nouns}`

/** The text, its first character in upper case. */
export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** `12.3 s`, `8 min 16 s`, `11 h 7 min`. */
export const formatDuration = (milliseconds: number): string => {
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** The last part of a file's path or URI, for people. A path of Windows has no slash. */
export const baseName = (uri: string): string => uri.slice(uri.lastIndexOf(uri.includes("/") ? "/" : "\\") + 1)

const sizes = ["bytes", "kB", "MB", "GB", "TB"] as const

/** `0 bytes`, `12.3 MB`. */
export const formatBytes = (bytes: number): string => {
  let size = bytes
  let unit = 0
  for (; size >= 999.5 && unit < sizes.length - 1; unit++) size /= 1000
  return `${unit === 0 || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${sizes[unit]}`
}
