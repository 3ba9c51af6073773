// Counts the words for nothing in columns of text, where a word may also be a name: they are kept, and reported.

import { fileColumns, type UserColumn, userColumns } from "./fileColumns.ts"
import { isNullWord } from "./nullWords.ts"
import type { User } from "./User.ts"

/** In how many records a column is a word, as it is written. */
export interface NullWordCount {
  readonly column: UserColumn
  readonly word: string
  readonly records: number
}

const textColumns = userColumns.filter((column) => fileColumns[column].isText)

/** Spellings that are counted: a file may have any number of them, with blanks around. */
const mostSpellings = 1_000

export class NullWordTally {
  private readonly counted = new Map<string, { readonly column: UserColumn; readonly word: string; records: number }>()

  add(user: User): void {
    for (const column of textColumns) {
      const value = user[column]
      if (typeof value === "string" && isNullWord(value)) this.count(column, value)
    }
  }

  private count(column: UserColumn, word: string): void {
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
