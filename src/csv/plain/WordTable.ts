// Finds words among bytes, in any case of their ASCII letters.

/** Letters of ASCII in lower case; every other byte is itself. */
export const lowerCase = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
)

const encoder = new TextEncoder()

/** A word, and its number in the list. */
interface Word {
  readonly bytes: Uint8Array
  readonly number: number
}

const isWord = (word: Uint8Array, bytes: Uint8Array, start: number): boolean => {
  for (let index = 0; index < word.length; index++) if (word[index] !== lowerCase[bytes[start + index]!]) return false
  return true
}

export class WordTable {
  /** By length: most texts need no closer look. */
  private readonly words: ReadonlyArray<ReadonlyArray<Word>>

  constructor(words: Iterable<string>) {
    const encoded = Array.from(words, (word) => encoder.encode(word).map((byte) => lowerCase[byte]!))
    const longest = Math.max(0, ...encoded.map(({ length }) => length))
    this.words = Array.from({ length: longest + 1 }, (_, length) =>
      encoded.flatMap((bytes, number) => (bytes.length === length ? [{ bytes, number }] : [])),
    )
  }

  /** The number of the word that these bytes are; -1: none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length >= this.words.length) return -1
    const words = this.words[length]!
    for (let index = 0; index < words.length; index++)
      if (isWord(words[index]!.bytes, bytes, start)) return words[index]!.number
    return -1
  }
}
