// Which characters may stand between the fields of a record.

/** Those that are tried where nothing names another, in this order. */
export const usualDelimiters = [",", ";", "\t", "|"] as const

/** One printable ASCII character or a tab, no double quote. */
export const isDelimiter = (text: string): boolean => /^[\t\x20\x21\x23-\x7e]$/.test(text)
