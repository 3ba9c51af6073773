// The most characters that text columns of `users` take.

import { Record, Result } from "effect"
import { fileColumns } from "./fileColumns.ts"

/** Code points by column that files fill; null: any number. A column that is left out has its own width. */
export type Widths = Readonly<Partial<Record<keyof typeof fileColumns, number | null>>>

/** The widths of new tables: they hold where a `UserRepo` tells none. */
export const defaultWidths: Widths = Record.filterMap(fileColumns, ({ isText, type }) =>
  isText ? Result.succeed(Number(/\d+/.exec(type)![0])) : Result.failVoid,
)
