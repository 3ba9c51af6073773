import { describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { S3Server } from "../utils/s3.ts"
import { makeClusterInput } from "./clusterInput.ts"
import { describeClusterPlan, makeClusterPlan } from "./clusterPlan.ts"
import { clusterTrial, loadAlone, putInput } from "./clusterTrial.ts"

const trials = Number(process.env["FAULT_TRIALS"] ?? 2)
const firstSeed = Number(process.env["FAULT_SEED"] ?? 1)

layer(S3Server.layer, { excludeTestServices: true })("three workers", (it) => {
  describe("that are killed and stopped", () => {
    const input = makeClusterInput(1)
    const alone = Effect.runSync(Effect.cached(Effect.andThen(putInput(input), loadAlone)))

    for (let seed = firstSeed; seed < firstSeed + trials; seed++) {
      const plan = makeClusterPlan(seed)
      it.effect(
        `leave what one process leaves: ${describeClusterPlan(plan)}`,
        () => Effect.flatMap(alone, (expected) => clusterTrial(plan, input, expected)),
        { timeout: 900_000 },
      )
    }
  })
})
