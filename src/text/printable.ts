// Text from outside, made safe to print.

/**
 * Control characters, and those that turn the direction of text: U+061C, U+200E and U+200F, U+202A to U+202E, U+2066 to
 * U+2069. A terminal obeys the former; the latter show text in another order than it is stored.
 */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Text with its control characters visible, as `\u001b`. */
export const printable = (text: string): string => text.replaceAll(unsafe, escape)

/**
 * A value as JSON, on one line, with every control character escaped: JSON itself escapes only those below U+0020. It
 * parses to the same value.
 */
export const toJson = (value: unknown): string => JSON.stringify(value).replaceAll(unsafe, escape)

/** The same over several lines, to be read by people too. */
export const toIndentedJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(unsafe, (character) => (character === "\n" ? character : escape(character)))
