// A way to the shared server that is watched, and that can lose statements or their answers.

import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { OutgoingStatements } from "../faults/OutgoingStatements.ts"
import { freshDatabase, sharedPostgres } from "./postgres.ts"
import { relay, tcpServer } from "./tcp.ts"

/** What is lost with the connection: the statement itself, or its answer. */
export type Loss = "statement" | "answer"

/** A fresh database behind it. `texts`: the statements since it was emptied. `lose`: called for each, in order. */
export const watchedServer = Effect.gen(function* () {
  const { host, password, port, username } = yield* sharedPostgres
  const database = yield* freshDatabase
  const texts: Array<string> = []
  const state = { lose: (_text: string): Loss | undefined => undefined }
  const proxy = yield* tcpServer((client) => {
    const statements = new OutgoingStatements()
    relay(client, port, (bytes, server) => {
      const sent = statements.push(bytes)
      texts.push(...sent)
      const loss = sent.map((text) => state.lose(text)).find((lost) => lost !== undefined)
      if (loss === undefined) return void server.write(bytes)
      server.unpipe(client)
      if (loss === "answer") server.end(bytes)
      client.destroy()
    })
  })
  const client = PgClient.layer({
    host,
    port: proxy,
    username,
    password: Redacted.make(password),
    database,
    maxConnections: 6,
  })
  return { client, texts, state }
})

/** Those of the statements by which shares are committed. */
export const commitSteps = (texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  texts.flatMap((text) => {
    if (text.includes("etl_require")) return ["one statement"]
    return /^(BEGIN|COMMIT|ROLLBACK)$/.exec(text)?.[0] ?? []
  })
