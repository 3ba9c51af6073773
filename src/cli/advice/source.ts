// What to do about an error of a source, a file or a column mapping, by its tag and its fields.

/** By the error's tag. */
export const sourceAdvice: Readonly<Record<string, (error: object) => string | undefined>> = {}
