// Formats progress: a frame for a terminal, a line for a log.

import { formatWait, type ServiceRate, waitOf } from "../../domain/Estimate.ts"
import { formatBytes, formatNumber, plural } from "../../text/format.ts"
import { bytesRead, type ProgressState } from "../../observability/Progress.ts"

/** The progress of a run at one moment. */
export interface View {
  readonly state: ProgressState
  /** Per second, measured over the last seconds; undefined: not known yet. */
  readonly speed: { readonly records: number; readonly bytes: number } | undefined
  /** The service that answers the queue, and its quota; undefined: there is none. */
  readonly service: { readonly provider: string; readonly rate: ServiceRate } | undefined
}

/** A part of a line. Parts of the lowest rank are omitted first if there is no room. */
interface Piece {
  readonly text: string
  readonly rank: number
}

/** `12.3 of 45.0 MB`. */
const formatShare = (part: number, whole: number): string => {
  const [left, right] = [formatBytes(part), formatBytes(whole)]
  const unit = right.slice(right.indexOf(" "))
  return `${left.endsWith(unit) ? left.slice(0, -unit.length) : left} of ${right}`
}

const barWidth = 16

const bar = (share: number): string => {
  const filled = Math.round(share * barWidth)
  return `[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}]`
}

const piece = (rank: number, text: string | false | undefined): ReadonlyArray<Piece> =>
  text === undefined || text === false ? [] : [{ rank, text }]

const readingParts = ({ speed, state }: View): ReadonlyArray<Piece> => {
  const records = !state.isLoaded && speed !== undefined && `${formatNumber(Math.round(speed.records))} records/s`
  // The size of a stream is unknown.
  if (state.bytes === 0) {
    return bytesRead(state) === 0 ? [] : [...piece(9, formatBytes(bytesRead(state))), ...piece(6, records)]
  }
  const read = Math.min(bytesRead(state), state.bytes)
  const share = state.isLoaded ? 1 : read / state.bytes
  const left = speed !== undefined && speed.bytes > 0 ? ((state.bytes - read) / speed.bytes) * 1_000 : undefined
  return [
    ...piece(1, bar(share)),
    ...piece(9, `${Math.floor(share * 100)}%`),
    ...piece(5, formatShare(read, state.bytes)),
    ...piece(6, records),
    ...piece(8, !state.isLoaded && left !== undefined && `${formatWait(left)} left`),
  ]
}

const writtenParts = ({ state: { files, filesEnded, written } }: View): ReadonlyArray<Piece> => [
  ...piece(9, plural(written.read, "record")),
  ...piece(5, written.rejected > 0 && plural(written.rejected, "reject")),
  ...piece(4, written.blanked > 0 && plural(written.blanked, "bad value")),
  ...piece(7, `${formatNumber(filesEnded)} of ${plural(files, "file")}`),
]

const locatingParts = ({ service, state: { addresses, queue } }: View): ReadonlyArray<Piece> => {
  const { local, remembered } = addresses
  // Without any answer the time is unknown.
  const answers = service !== undefined && queue !== undefined && addresses.service > 0
  const wait = answers ? waitOf(queue.waiting, service.rate) : undefined
  const next = queue === undefined ? 0 : queue.untilNextRequest
  return [
    ...piece(9, queue !== undefined && `${formatNumber(queue.waiting)} queued`),
    ...piece(3, remembered > 0 && `${formatNumber(remembered)} from memory`),
    ...piece(4, local > 0 && `${formatNumber(local)} local`),
    ...piece(6, service !== undefined && `${formatNumber(addresses.service)} by ${service.provider}`),
    ...piece(7, next > 0 && `next request in ${formatWait(next)}`),
    ...piece(8, wait !== undefined && `${formatWait(wait)} left`),
  ]
}

/** The parts of the highest rank that fit, in their order. */
const fit = (label: string, parts: ReadonlyArray<Piece>, width: number): string => {
  let kept = parts
  const line = () => `${label}${kept.map(({ text }) => text).join("  ")}`
  while (line().length > width && kept.length > 1) {
    const lowest = kept.reduce((low, { rank }) => Math.min(low, rank), Infinity)
    kept = kept.filter(({ rank }) => rank !== lowest)
  }
  return line().slice(0, width)
}

const isLocating = ({ service, state: { addresses, queue } }: View): boolean =>
  service !== undefined || queue !== undefined || addresses.local + addresses.remembered > 0

/** The frame on a terminal: lines of at most `width` characters, at least 39. */
export const progressFrame = (view: View, width: number): string => {
  const reading = readingParts(view)
  return [
    ...(reading.length > 0 ? [fit("reading  ", reading, width)] : []),
    ...(view.state.files > 0 ? [fit("written  ", writtenParts(view), width)] : []),
    ...(isLocating(view) ? [fit("locating ", locatingParts(view), width)] : []),
  ].join("\n")
}

/** The same as one plain line, for a log. */
export const progressLine = (view: View): string => {
  const { state } = view
  // Without the bar.
  const reading = state.isLoaded ? [] : readingParts(view).slice(state.bytes === 0 ? 0 : 1)
  const written = state.files > 0 ? writtenParts(view) : []
  const locating = isLocating(view) ? locatingParts(view) : []
  return [...reading, ...written, ...locating].map(({ text }) => text).join(", ")
}
