import { spawnSync } from "node:child_process"
import { parseArgs } from "node:util"

// `npm run test:faults -- [--trials N] [--seed S] [NAME...]`: the fault tests with N trials, of the seeds from S on; those
// of these names, where any is given.

const { positionals, values } = parseArgs({
  options: { trials: { type: "string" }, seed: { type: "string" } },
  allowPositionals: true,
})
const files = positionals.map((name) => `test/faults/${name}.`)

const given = Object.entries({ FAULT_TRIALS: values.trials, FAULT_SEED: values.seed }).flatMap(([name, value]) => {
  if (value === undefined) return []
  if (!/^\d{1,9}$/.test(value)) throw new Error(`${name}: ${value} is not a whole number`)
  return [[name, value]]
})

const { status } = spawnSync("vitest", ["run", "--config", "test/vitest.config.ts", ...files], {
  env: { ...process.env, FAULTS: "1", ...Object.fromEntries(given) },
  stdio: "inherit",
})
process.exitCode = status ?? 1
