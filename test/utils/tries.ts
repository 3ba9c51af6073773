/** Whether this is `npm run test:faults`, which has time. */
const isThorough = process.env["FAULTS"] !== undefined

/** How often a property is tried that takes long: each run of the tests tries other values. */
export const tries = (few: number, many: number): number => (isThorough ? many : few)
