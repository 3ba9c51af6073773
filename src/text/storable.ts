// Text from anywhere, as PostgreSQL accepts it.

/** U+FFFD takes the place of NUL and of lone surrogates, which PostgreSQL rejects. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd")
