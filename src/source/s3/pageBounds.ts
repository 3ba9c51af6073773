// Detects a page of S3's list for which the SDK's XML parser would take far more memory than the page has bytes.

const mebi = 1024 * 1024

/** S3's own pages of 1,000 keys have 4 MB at most. */
const maxSize = 10 * mebi

/** Of `<`, `&` and CR, which become objects each. S3's own pages have about 25,000. */
const maxMarks = 100_000

/** Bytes of tags: of their names each becomes a string until the page is parsed. S3's own pages have 400 kB. */
const maxTags = mebi

/** Bytes without `<`: each becomes a string until the text ends. S3's own keys have 3 kB at most. */
const maxText = 64 * 1024

/** Of `<!`: for each DOCTYPE the parser reads the whole page. S3's own pages have none. */
const maxDeclarations = 100

const exclamationMark = 0x21
const lessThan = 0x3c
const greaterThan = 0x3e
const ampersand = 0x26
const carriageReturn = 0x0d

/** Counts the contents of one page. */
export class PageBounds {
  #size = 0
  #marks = 0
  #tags = 0
  #text = 0
  #isTag = false
  #declarations = 0
  #last = 0

  /** Counts the next bytes. Returns the bound that they exceed, or undefined. */
  take(chunk: Uint8Array): string | undefined {
    this.#size += chunk.length
    if (this.#size > maxSize) return "10 MiB"
    let marks = this.#marks
    let tags = this.#tags
    let text = this.#text
    let longestText = text
    let isTag = this.#isTag
    let last = this.#last
    for (const byte of chunk) {
      if (byte === lessThan) {
        marks++
        isTag = true
        text = 0
      } else if (byte === ampersand || byte === carriageReturn) marks++
      else if (byte === exclamationMark && last === lessThan) this.#declarations++
      last = byte
      text++
      if (text > longestText) longestText = text
      if (isTag) tags++
      if (byte === greaterThan) isTag = false
    }
    this.#marks = marks
    this.#tags = tags
    this.#text = text
    this.#isTag = isTag
    this.#last = last
    if (marks > maxMarks) return "100,000 tags, entities and line ends"
    if (this.#declarations > maxDeclarations) return "100 declarations (<!)"
    if (tags > maxTags) return "1 MiB of tags"
    return longestText > maxText ? "64 KiB without a tag" : undefined
  }
}
