// Which texts of a column are plain: their bytes alone tell the value that the column's parser makes of them.

import type { SlashOrder } from "./dateFormat.ts"

/**
 * What a plain text of a column is. A text of `words` is not plain, in whatever case: it may be null. An empty text is
 * null, except of an e-mail, which is not plain without one.
 */
export type PlainForm =
  /** At most so many bytes, without blanks around them; null: any number. Rows with a `counted` word are noted. */
  | {
      readonly kind: "text"
      readonly most: number | null
      readonly words: ReadonlyArray<string>
      readonly counted: ReadonlyArray<string>
    }
  /** The address alone, in any case, in ASCII. */
  | { readonly kind: "email" }
  /** The canonical form of an IPv4 address, or of an IPv6 address. */
  | { readonly kind: "address"; readonly words: ReadonlyArray<string> }
  /** ISO 8601 as `plainMoment` reads it; `A/B/YYYY` with the same times, where the order is known. */
  | { readonly kind: "day"; readonly order: SlashOrder | undefined; readonly words: ReadonlyArray<string> }
  /** One of these words in ASCII, in any case. */
  | { readonly kind: "status"; readonly meanings: ReadonlyMap<string, boolean | null> }

export type FormOf<Kind extends PlainForm["kind"]> = Extract<PlainForm, { readonly kind: Kind }>
