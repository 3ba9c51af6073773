import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Logger } from "effect"
import { once } from "node:events"
import { createInterface } from "node:readline"
import * as Embedded from "../../src/database/Embedded.ts"
import * as EmbeddedFolder from "../../src/database/EmbeddedFolder.ts"

// A process that a test starts to share a folder with, or to kill. It says what it does on stdout, a line each.

const say = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

const program = {
  /** Opens the folder and closes it. */
  open: (folder: string) => Effect.scoped(Layer.build(Embedded.layer(folder))).pipe(Effect.andThen(say("closed"))),

  /** Keeps the folder open until it is killed. */
  hold: (folder: string) =>
    Layer.build(Embedded.layer(folder)).pipe(Effect.andThen(say("open")), Effect.andThen(Effect.never), Effect.scoped),

  /** Commits a hundred rows after another, each as wide as an index takes, until it is killed. */
  load: (folder: string) =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`create table if not exists loaded (batch integer, row integer, text text, primary key (batch, row))`
      const first = (yield* sql<{ next: number }>`select coalesce(max(batch), 0) + 1 as next from loaded`)[0]!.next
      for (let batch = first; ; batch++) {
        yield* sql`insert into loaded select ${batch}, g, repeat(md5(g::text), 50) from generate_series(1, 50) g`.pipe(
          Effect.andThen(sql`insert into loaded select ${batch}, g, 'x' from generate_series(51, 100) g`),
          sql.withTransaction,
        )
        yield* say(`committed ${batch}`)
      }
    }).pipe(Effect.provide(Embedded.layer(folder))),

  /** Takes the folders DIR-0, DIR-1, ... each at its moment after the one that its input names, and keeps those it gets until its input ends. */
  race: (folder: string, rounds: string) =>
    Effect.gen(function* () {
      const input = createInterface({ input: process.stdin })
      const ended = once(input, "close")
      yield* say("ready")
      const [start] = (yield* Effect.promise(() => once(input, "line"))) as [string]
      for (let round = 0; round < Number(rounds); round++) {
        const wait = Number(start) + round * 50 - Date.now()
        if (wait > 0) yield* Effect.sleep(wait)
        const outcome = yield* Effect.result(EmbeddedFolder.open(`${folder}-${round}`))
        yield* say(`${outcome._tag === "Success" ? "won" : "lost"} ${round}`)
      }
      yield* say("done")
      yield* Effect.promise(() => ended)
    }).pipe(Effect.scoped),
}

const [verb, ...parameters] = process.argv.slice(2) as [keyof typeof program, string, string]

const run: Effect.Effect<unknown, unknown> = program[verb](...parameters)

await Effect.runPromise(
  Effect.catchCause(run, (cause) => say(`failed ${cause}`)).pipe(
    // Logs go to stdout by default.
    Effect.provide(Logger.layer([])),
  ),
)
