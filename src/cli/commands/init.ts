import { Console, Effect, type Layer } from "effect"
import { Command } from "effect/cli"
import { UserRepo } from "../../repo/UserRepo.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { logEnd } from "../Defect.ts"
import { databaseChecks, type DatabaseFlags, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { plainExitCodes } from "../usage/exitCodes.ts"

export type InitFlags = DatabaseFlags

const migrate = Effect.fn("init")(function* () {
  const users = yield* UserRepo
  yield* users.migrate
  yield* Console.log("The tables are ready.")
}, logEnd)

/** `etl init`: creates or upgrades the tables. */
export const init = <E>(services: (flags: InitFlags) => Layer.Layer<UserRepo, E>) =>
  Command.make("init", databaseFlags, migrate).pipe(
    Command.provide(services),
    Command.withDescription(
      "Create or upgrade the tables, and adopt a users table of the Python system; safe to repeat. A run does it by itself.",
    ),
    Command.withShortDescription("Create or upgrade the tables; a run does it by itself"),
    Command.withExamples([{ command: "etl init", description: "Of the database that is configured" }]),
    withUsage({ config: databaseFlags, groups: [databaseGroup], checks: databaseChecks, exitCodes: plainExitCodes }),
  )
