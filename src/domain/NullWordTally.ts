// Counts the words for nothing in columns of text, where a word may also be a name: they are kept, and reported.

import type { UserColumn } from "./fileColumns.ts"
import { isNullWord, longestNullWord } from "./nullWords.ts"
import type { User } from "./User.ts"

/** In how many records a column is a word, as it is written. */
export interface NullWordCount {
  readonly column: UserColumn
  /** Null: not shown, as the column is a secret. */
  readonly word: string | null
  readonly records: number
}

/** Spellings that are counted: a file may have any number of them, with blanks around. */
const mostSpellings = 1_000

const isWord = (text: string | null): text is string =>
  text !== null && text.length <= longestNullWord && isNullWord(text)

export class NullWordTally {
  private readonly counted = new Map<
    string,
    { readonly column: UserColumn; readonly word: string | null; records: number }
  >()

  /** The columns are written out: every record of a file comes here. */
  add({ first_name, gender, last_name, password, source_id }: User): void {
    if (isWord(source_id)) this.count("source_id", source_id)
    if (isWord(first_name)) this.count("first_name", first_name)
    if (isWord(last_name)) this.count("last_name", last_name)
    if (isWord(gender)) this.count("gender", gender)
    if (isWord(password)) this.count("password", null)
  }

  private count(column: UserColumn, word: string | null): void {
    const key = `${column} ${word}`
    const known = this.counted.get(key)
    if (known !== undefined) known.records++
    else if (this.counted.size < mostSpellings) this.counted.set(key, { column, word, records: 1 })
  }

  /** The most frequent first. */
  get counts(): ReadonlyArray<NullWordCount> {
    return [...this.counted.values()].sort((left, right) => right.records - left.records)
  }
}
