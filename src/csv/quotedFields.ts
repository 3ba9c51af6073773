// The fields of records with quotes or escapes, in the formats that csv-parse does not read as they are meant.

import type { Format } from "../domain/Format.ts"
import type { FieldAt, ReadRecord, Split } from "./readRecord.ts"

/** A space or a tab. */
export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/** Whether that part of a text is an unquoted `\N`. */
export const isNull = (text: string, start: number, end: number): boolean =>
  end - start === 2 && text.charCodeAt(start) === 0x5c && text.charCodeAt(start + 1) === 0x4e

/** What the character after a backslash stands for, where that is not itself. */
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", 0: "\0", Z: "\x1a" }

/** Reads the fields of one text, from its beginning on. */
class FieldReader {
  position = 0
  private readonly text: string
  private readonly format: Format

  constructor(text: string, format: Format) {
    this.text = text
    this.format = format
  }

  /** Undefined: the text after a quoted field belongs to none. */
  next(): string | undefined {
    const { format, text } = this
    const start = this.position
    if (format.trim) this.skipBlanks()
    if (format.quote !== null && text[this.position] === format.quote) return this.quoted()
    this.position = start
    return this.unquoted()
  }

  private skipBlanks(): void {
    const { format, text } = this
    while (isBlank(text.charCodeAt(this.position)) && text[this.position] !== format.delimiter) this.position++
  }

  private get isAtEnd(): boolean {
    const character = this.text[this.position]
    return character === undefined || character === "\n" || character === this.format.delimiter
  }

  private get isEscape(): boolean {
    return this.format.escape === "backslash" && this.text[this.position] === "\\"
  }

  /** The text that begins with a backslash. */
  private escaped(): string {
    const { text } = this
    const character = text[this.position + 1]
    this.position += 2
    if (character === undefined) return "\\"
    // One line end.
    if (character === "\r" && text[this.position] === "\n") {
      this.position++
      return "\r\n"
    }
    return escapes[character] ?? character
  }

  private quoted(): string | undefined {
    const { format, text } = this
    let field = ""
    this.position++
    for (;;) {
      if (this.position >= text.length) return undefined
      if (this.isEscape) field += this.escaped()
      else if (text[this.position] !== format.quote) field += text[this.position++]
      else if (text[this.position + 1] !== format.quote) break
      else {
        field += format.quote
        this.position += 2
      }
    }
    this.position++
    if (format.trim) this.skipBlanks()
    return this.isAtEnd ? field : undefined
  }

  private unquoted(): string {
    const { format, text } = this
    if (format.trim) this.skipBlanks()
    const start = this.position
    let field = ""
    /** Up to here they are text: trailing blanks are none, unless they are escaped. */
    let length = 0
    let end = start
    while (!this.isAtEnd) {
      const isText = this.isEscape || !format.trim || !isBlank(text.charCodeAt(this.position))
      field += this.isEscape ? this.escaped() : text[this.position++]
      if (isText) [length, end] = [field.length, this.position]
    }
    if (!format.isExact && isNull(text, start, end)) return ""
    return field.slice(0, length)
  }
}

/** Splits records that are separated by LF. */
export const makeQuotedSplit =
  <A>(format: Format, read: ReadRecord<A>): Split<A> =>
  (text) => {
    const records: Array<A> = []
    const reader = new FieldReader(text, format)
    let fields: Array<string> = []
    const field: FieldAt = (index) => fields[index] ?? ""
    while (reader.position < text.length) {
      const next = reader.next()
      if (next === undefined) return { problem: "text after a closing quote" }
      fields.push(next)
      const isEnd = text[reader.position] !== format.delimiter
      reader.position++
      if (!isEnd && reader.position < text.length) continue
      // A delimiter that ends the text has an empty field after it.
      if (!isEnd) fields.push("")
      records.push(read(field, fields.length))
      fields = []
    }
    return records
  }

/** Where the field begins that has the character at `index` of a record's text. */
export const startOfField = (text: string, format: Format, index: number): number => {
  const reader = new FieldReader(text, format)
  let start = 0
  while (reader.position <= index && reader.next() !== undefined && reader.position <= index) start = ++reader.position
  return start
}
