// A process that shares an embedded folder with a test, or is killed by it. It prints its steps, a line each.

import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Logger } from "effect"
import { once } from "node:events"
import { createInterface } from "node:readline"
import * as PgEmbedded from "../../src/database/PgEmbedded.ts"
import * as EmbeddedFolder from "../../src/database/EmbeddedFolder.ts"

const print = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

const program = {
  /** Opens the folder and closes it. */
  open: (folder: string) =>
    Effect.scoped(Layer.build(PgEmbedded.layer({ directory: folder }))).pipe(Effect.andThen(print("closed"))),

  /** Keeps the folder open until it is killed. */
  hold: (folder: string) =>
    Layer.build(PgEmbedded.layer({ directory: folder })).pipe(
      Effect.andThen(print("open")),
      Effect.andThen(Effect.never),
      Effect.scoped,
    ),

  /** Commits a hundred wide rows at a time, until it is killed. */
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
        yield* print(`committed ${batch}`)
      }
    }).pipe(Effect.provide(PgEmbedded.layer({ directory: folder }))),

  /**
   * Opens the folders DIR-0, DIR-1, ... one every 50 ms from the time that its input names, and keeps those it gets
   * until its input ends.
   */
  race: (folder: string, rounds: string) =>
    Effect.gen(function* () {
      const input = createInterface({ input: process.stdin })
      const ended = once(input, "close")
      yield* print("ready")
      const [start] = (yield* Effect.promise(() => once(input, "line"))) as [string]
      for (let round = 0; round < Number(rounds); round++) {
        const wait = Number(start) + round * 50 - Date.now()
        if (wait > 0) yield* Effect.sleep(wait)
        const outcome = yield* Effect.result(EmbeddedFolder.open(`${folder}-${round}`))
        yield* print(`${outcome._tag === "Success" ? "won" : "lost"} ${round}`)
      }
      yield* print("done")
      yield* Effect.promise(() => ended)
    }).pipe(Effect.scoped),
}

const [verb, ...parameters] = process.argv.slice(2) as [keyof typeof program, string, string]

const run: Effect.Effect<unknown, unknown> = program[verb](...parameters)

await Effect.runPromise(
  Effect.catchCause(run, (cause) => print(`failed ${cause}`)).pipe(
    // Logs go to stdout by default.
    Effect.provide(Logger.layer([])),
  ),
)
