// Where a column mapping puts the text of a header: into a column of `users`, or into its column `extra`.

import { Schema } from "effect"
import { type FieldColumn, fieldColumns } from "./fileColumns.ts"

/** Of `*`: the column `extra` keeps the fields that the mapping does not name, each under its header. */
export const allOthers = "extra"

const prefix = "extra."

/** The header that stands for all that the mapping does not name. */
export const otherHeaders = "*"

const named = /^extra\.[^\s\0](?:[^\0]*[^\s\0])?$/

const Named = Schema.String.pipe(
  Schema.refine((text): text is `${typeof prefix}${string}` => named.test(text), {
    toJsonSchema: () => ({ pattern: named.source }),
  }),
)

/** A column of `users`, a name in `extra` such as `extra.phone`, or `extra`, which is for `*`. */
export const Target = Schema.Union([Schema.Literals(fieldColumns), Schema.Literal(allOthers), Named])
export type Target = typeof Target.Type

/** A column of `users` that one field of a record fills. */
export const isColumn = (target: Target): target is FieldColumn => fieldColumns.some((column) => column === target)

/** The name in `extra` of the text of one field; undefined: it goes elsewhere. */
export const nameInExtra = (target: Target): string | undefined =>
  target.startsWith(prefix) ? target.slice(prefix.length) : undefined

/** Why the text of a header cannot go there; undefined: it can. */
export const problemOfTarget = (header: string, target: unknown): string | undefined => {
  if (target === undefined) return 'lacks "column"'
  if (!Schema.is(Target)(target)) {
    return typeof target === "string" && target.startsWith(prefix)
      ? `${JSON.stringify(target)} has no name that can be kept after extra.: one without blanks around it`
      : `${JSON.stringify(target)} is not a column`
  }
  if (target === allOthers && header !== otherHeaders) return `extra is for "*": write "extra.NAME" for one header`
  return undefined
}
