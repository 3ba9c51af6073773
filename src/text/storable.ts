/** Text as PostgreSQL takes it: names and messages come from anywhere. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd")
