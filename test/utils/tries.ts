// How often slow properties are tried.

/** Set by `npm run test:faults`, which may take long. */
const isThorough = process.env["FAULTS"] !== undefined

/** How often a slow property is tried; each run of the tests tries other values. */
export const tries = (few: number, many: number): number => (isThorough ? many : few)
