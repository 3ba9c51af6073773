// A load was begun in another format than a run names: its records would be read in two ways.

import { Runtime, Schema } from "effect"
import type { Format } from "./Format.ts"

/** What a run names of a format; undefined: it takes what each file has. */
export interface GivenFormat {
  readonly delimiter: string | undefined
}

export class FormatError extends Schema.TaggedError<FormatError>()("FormatError", {
  message: Schema.String,
  /** The file's URI. */
  file: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/** Whether the load was begun in another format; undefined: an earlier version began it, or nothing has. */
export const isOtherFormat = (begun: Format | undefined, given: GivenFormat | undefined): boolean =>
  begun !== undefined && given?.delimiter !== undefined && given.delimiter !== begun.delimiter

export const otherFormat = (file: string, begun: Format | undefined): FormatError =>
  new FormatError({
    file,
    message: `${file} started loading with the delimiter ${JSON.stringify(begun?.delimiter)}. Give that one or none, or start over.`,
  })
