// Finds words among bytes, in any case of their ASCII letters.

/** Letters of ASCII in lower case; every other byte is itself. */
export const lowerCase = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
)

const encoder = new TextEncoder()

export class WordTable {
  private readonly words: ReadonlyArray<Uint8Array>
  /** By length, whether a word has it: most texts need no closer look. */
  private readonly lengths: Uint8Array

  constructor(words: Iterable<string>) {
    this.words = Array.from(words, (word) => encoder.encode(word).map((byte) => lowerCase[byte]!))
    this.lengths = new Uint8Array(Math.max(0, ...this.words.map(({ length }) => length)) + 1)
    for (const { length } of this.words) this.lengths[length] = 1
  }

  /** The number of the word that these bytes are; -1: none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const { lengths, words } = this
    const length = end - start
    if (length >= lengths.length || lengths[length] === 0) return -1
    for (let number = 0; number < words.length; number++)
      if (isWord(words[number]!, bytes, start, length)) return number
    return -1
  }
}

const isWord = (word: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean => {
  if (word.length !== length) return false
  for (let index = 0; index < length; index++) if (word[index] !== lowerCase[bytes[start + index]!]) return false
  return true
}
