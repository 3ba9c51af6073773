// The seeds of the trials: see run.ts.

const trials = Number(process.env["FAULT_TRIALS"] ?? 20)
const firstSeed = Number(process.env["FAULT_SEED"] ?? 1)

export const seeds = Array.from({ length: trials }, (_, index) => firstSeed + index)
