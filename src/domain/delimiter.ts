// Which characters may stand between the fields of a record.

/** Those that are tried where nothing names another, in this order. */
export const usualDelimiters = [",", ";", "\t", "|"] as const

/** One ASCII character, no double quote, line end or NUL. */
export const delimiterPattern = /^[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x7f]$/

export const isDelimiter = (text: string): boolean => delimiterPattern.test(text)
