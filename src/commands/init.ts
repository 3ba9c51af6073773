import { Console, Effect, type Layer } from "effect"
import { Command } from "effect/cli"
import { logFailure } from "../Logging.ts"
import { UserRepo } from "../repo/UserRepo.ts"
import { databaseFlags } from "./databaseFlags.ts"

export type InitFlags = Command.Command.Config.Infer<typeof databaseFlags>

const migrate = Effect.fn("init")(function* () {
  const users = yield* UserRepo
  yield* users.migrate
  yield* Console.log("The tables are ready.")
}, Effect.tapError(logFailure))

/** `etl init`: creates or upgrades the tables. */
export const init = <E>(services: (flags: InitFlags) => Layer.Layer<UserRepo, E>) =>
  Command.make("init", databaseFlags, migrate).pipe(
    Command.provide(services),
    Command.withDescription("Create or upgrade the tables; safe to repeat. A run does it by itself"),
  )
