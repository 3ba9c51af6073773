// What to do about an error of a locator, by its tag and its fields.

/** By the error's tag. */
export const geoAdvice: Readonly<Record<string, (error: object) => string | undefined>> = {}
