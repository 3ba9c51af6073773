// What to do about an error of a database, by its tag and its fields.

/** By the error's tag. */
export const databaseAdvice: Readonly<Record<string, (error: object) => string | undefined>> = {}
