/**
 * Control characters, and those that turn the direction of text: U+061C, U+200E and U+200F, U+202A to U+202E, U+2066 to
 * U+2069. A terminal obeys the former; the latter show text in another order than it has.
 */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Text from a file or a server, made harmless for a terminal: control characters become visible. */
export const printable = (text: string): string => text.replaceAll(unsafe, escape)

/**
 * A value as JSON, on one line, without a character that a terminal obeys: JSON writes only those below U+0020 as
 * escapes. What reads it gets the value unchanged.
 */
export const toJson = (value: unknown): string => JSON.stringify(value).replaceAll(unsafe, escape)

/** The same over several lines, for people too. */
export const toIndentedJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(unsafe, (character) => (character === "\n" ? character : escape(character)))
