// The progress of a run: events, which the run reports, and a state, which they add up to.

import { Context, Effect, Stream } from "effect"
import { type AnsweredCounts, noAddresses, noRecords, addCounts, type RecordCounts } from "../domain/RunSummary.ts"

/** What happens during a run. */
export type ProgressEvent =
  /** The source's files are known. `bytes`: of those that are to be loaded, as stored. */
  | {
      readonly _tag: "Listed"
      readonly source: string
      readonly files: number
      readonly toLoad: number
      readonly bytes: number
    }
  /** More of a file's bytes, as stored, are read. Those that an earlier attempt read count at once. */
  | { readonly _tag: "BytesRead"; readonly uri: string; readonly bytes: number }
  | { readonly _tag: "ChunkCommitted"; readonly counts: RecordCounts }
  /** A file is loaded, or has failed. `size`: its bytes as stored; 0 where they were not counted before. */
  | { readonly _tag: "FileEnded"; readonly uri: string; readonly size: number }
  /** All answers so far. */
  | { readonly _tag: "Answered"; readonly addresses: AnsweredCounts }
  /** `waiting`: pending addresses. `untilNextRequest`: milliseconds until the service may be asked. */
  | { readonly _tag: "Queued"; readonly waiting: number; readonly untilNextRequest: number }
  /** All files have ended; addresses may be pending. */
  | { readonly _tag: "Loaded" }

/** What watches a run; by default nothing. It must be quick: the run waits for it. */
export const Progress = Context.Reference<(event: ProgressEvent) => Effect.Effect<void>>(
  "user-activity-etl/observability/Progress",
  { defaultValue: () => (_event) => Effect.void },
)

export const reportProgress = (event: ProgressEvent): Effect.Effect<void> =>
  Effect.flatMap(Progress, (report) => report(event))

/** Reports how far a file is read, as its bytes pass. `from`: where they begin. */
export const reportBytes =
  (uri: string, from: number) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E, R> =>
    Stream.onStart(bytes, reportProgress({ _tag: "BytesRead", uri, bytes: from })).pipe(
      Stream.tap((chunk) => reportProgress({ _tag: "BytesRead", uri, bytes: chunk.length })),
    )

/** How far a run is. */
export interface ProgressState {
  readonly files: number
  readonly filesEnded: number
  readonly bytes: number
  /** Of the files that have ended. */
  readonly bytesEnded: number
  /** Of each file being read. */
  readonly bytesOpen: ReadonlyMap<string, number>
  readonly written: RecordCounts
  readonly addresses: AnsweredCounts
  /** Undefined: unknown. */
  readonly queue: { readonly waiting: number; readonly untilNextRequest: number } | undefined
  readonly isLoaded: boolean
}

export const nothingYet: ProgressState = {
  files: 0,
  filesEnded: 0,
  bytes: 0,
  bytesEnded: 0,
  bytesOpen: new Map(),
  written: noRecords,
  addresses: noAddresses,
  queue: undefined,
  isLoaded: false,
}

export const bytesRead = ({ bytesEnded, bytesOpen }: ProgressState): number =>
  [...bytesOpen.values()].reduce((sum, bytes) => sum + bytes, bytesEnded)

export const advance = (state: ProgressState, event: ProgressEvent): ProgressState => {
  switch (event._tag) {
    case "Listed":
      return { ...state, files: event.toLoad, bytes: event.bytes }
    case "BytesRead": {
      const bytesOpen = new Map(state.bytesOpen)
      return { ...state, bytesOpen: bytesOpen.set(event.uri, (bytesOpen.get(event.uri) ?? 0) + event.bytes) }
    }
    case "ChunkCommitted":
      return { ...state, written: addCounts(state.written, event.counts) }
    case "FileEnded": {
      const bytesOpen = new Map(state.bytesOpen)
      bytesOpen.delete(event.uri)
      const size = event.size === 0 ? (state.bytesOpen.get(event.uri) ?? 0) : event.size
      return { ...state, bytesOpen, filesEnded: state.filesEnded + 1, bytesEnded: state.bytesEnded + size }
    }
    case "Answered":
      return { ...state, addresses: event.addresses }
    case "Queued":
      return { ...state, queue: event }
    case "Loaded":
      return { ...state, isLoaded: true }
  }
}
