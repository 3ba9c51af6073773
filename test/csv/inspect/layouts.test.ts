import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema, Stream } from "effect"
import * as Inspection from "../../../src/csv/Inspection.ts"
import * as Records from "../../../src/csv/Records.ts"
import * as ColumnMapping from "../../../src/domain/ColumnMapping.ts"
import { tries } from "../../utils/tries.ts"
import { between } from "../drawnFormats.ts"

const namesOf = {
  source_id: ["id", "User ID", "uuid", "Kundennummer", "Identifiant"],
  first_name: ["first_name", "Given Name", "Vorname", "Prénom", "Nombre"],
  last_name: ["surname", "Family name", "Nachname", "Nom de famille", "Apellidos"],
  gender: ["sex", "Geschlecht", "Género"],
  ip_address: ["Last login IP", "IP Address", "IP-Adresse", "Adresse IP", "kam von"],
  created_at: ["signup_date", "Date joined", "Angelegt am", "Créé le", "Fecha de alta"],
  updated_at: ["updated", "Last modified", "Geändert am", "Modifié le"],
  password: ["passwordHash", "Passwort", "Mot de passe", "Contraseña"],
  status: ["active", "state", "Aktiv", "Statut", "Estado"],
} as const

const emailNames = ["email", "E-mail Address", "Mail", "E-Mail-Adresse", "Courriel", "Correo electrónico", "Kontakt"]

/** The values of a column in a record, and what is loaded of them. */
const valuesOf: Readonly<Record<keyof typeof namesOf, (index: number) => readonly [text: string, value: unknown]>> = {
  source_id: (index) => [`${index + 17}`, `${index + 17}`],
  first_name: (index) => [`Ann${index}`, `Ann${index}`],
  last_name: () => ["O'Hara, the 2nd", "O'Hara, the 2nd"],
  gender: (index) => (index % 2 === 0 ? ["F", "F"] : ["M", "M"]),
  ip_address: (index) => [`81.2.69.${index}:80`, `81.2.69.${index}`],
  created_at: (index) => [`${index + 1}/31/2024`, `2024-${String(index + 1).padStart(2, "0")}-31`],
  updated_at: () => ["31.12.2024 10:11", "2024-12-31"],
  password: (index) => [`$2b$10$${index}`, `$2b$10$${index}`],
  status: (index) => (index % 2 === 0 ? ["Aktiv", true] : ["gesperrt", false]),
}

/** Months with 31 days. */
const indexes = [0, 2, 4, 6, 7, 9, 11]

const pick = <A>(list: ReadonlyArray<A>, index: number): A => list[index % list.length]!

const Drawn = {
  columns: Schema.UniqueArray(Schema.Literals(Object.keys(namesOf) as ReadonlyArray<keyof typeof namesOf>)),
  spelling: between(0, 100),
  delimiter: Schema.Literals([",", ";", "\t", "|"]),
  isNamed: Schema.Boolean,
  lineEnd: Schema.Literals(["\n", "\r\n", "\r"]),
  encoding: Schema.Literals(["utf8", "utf16le"]),
  titles: Schema.Array(
    Schema.Literals(["Users of March", "made by: CRM, 2026-03-01", "contact@example.com", "", ";;"]),
  ).check(Schema.isMaxLength(3)),
  others: between(0, 3),
  emailAt: between(0, 9),
}

const quoted = (text: string, delimiter: string) => (text.includes(delimiter) ? `"${text}"` : text)

describe("the mapping that is proposed", () => {
  it.effect.prop(
    "loads every record of any layout with names that are known",
    Drawn,
    ({ columns, delimiter, emailAt, encoding, isNamed, lineEnd, others, spelling, titles }) =>
      Effect.gen(function* () {
        const own = columns.map((column) => ({
          name: pick<string>(namesOf[column], spelling),
          value: (index: number) => valuesOf[column](index)[0],
        }))
        const email = { name: pick(emailNames, spelling), value: (index: number) => `u${index}@example.com` }
        const isKnown = email.name !== "Kontakt"
        const free = Array.from({ length: others }, (_, number) => ({
          name: `Notes ${number}`,
          value: () => "see above",
        }))
        const fields = [...own, ...free]
        fields.splice(emailAt % (fields.length + 1), 0, email)
        const table = [
          fields.map(({ name }) => quoted(name, delimiter)),
          ...indexes.map((index) => fields.map(({ value }) => quoted(value(index), delimiter))),
        ]
        const lines = [
          ...(isNamed ? [`sep=${delimiter}`] : []),
          // A title with as many fields as a table without names that are known could be its header.
          ...(fields.length > 2 ? titles.filter((title) => isKnown || !title.includes(delimiter)) : []),
          ...table.map((row) => row.join(delimiter)),
        ]
        const bytes = Stream.succeed(new Uint8Array(Buffer.from(`\uFEFF${lines.join(lineEnd)}`, encoding)))

        const inspected = yield* bytes.pipe(Inspection.inspect())
        const { columns: entries, format } = inspected.mapping.object
        assert.notInclude(JSON.stringify(entries), '"?"')
        assert.deepInclude(inspected.check, { records: indexes.length, rejected: 0 })
        assert.deepStrictEqual(inspected.unproved.header, [])
        const records = yield* bytes.pipe(
          Records.stream({ mapping: ColumnMapping.make(entries as never), format: format as never }),
          Stream.runCollect,
        )
        const expected = indexes.map((index) =>
          Object.fromEntries<unknown>([
            ["email", `u${index}@example.com`],
            ...columns.map((column) => [column, valuesOf[column](index)[1]] as const),
          ]),
        )
        const loaded = records.map((record) => (Records.isReject(record) ? record.reasons : record.user))
        assert.lengthOf(loaded, expected.length)
        for (const [index, user] of loaded.entries()) assert.deepInclude(user, expected[index]!)
      }),
  )

  it.effect.prop(
    "skips no record of any layout, wherever records are broken",
    {
      delimiter: Drawn.delimiter,
      lineEnd: Drawn.lineEnd,
      titles: Schema.Array(Schema.Literals(["Users of March", "contact@example.com", "", ";;;;;"])).check(
        Schema.isMaxLength(2),
      ),
      email: Schema.Literals(["Email", "E-Mail-Adresse", "Kontakt"]),
      name: Schema.Literals(["Vorname", "Wer"]),
      isRotated: Schema.Boolean,
      records: Schema.Array(
        Schema.Literals([
          "good",
          "good",
          "good",
          "bad@@x",
          "u.x.com",
          '"a b"@',
          "none",
          "Mail",
          "",
          "short",
          "shortNone",
          "long",
          "quote",
        ]),
      ).check(Schema.isBetweenLength(1, 30)),
    },
    ({ delimiter, email, isRotated, lineEnd, name, records, titles }) =>
      Effect.gen(function* () {
        const rotated = (row: ReadonlyArray<string>) => (isRotated ? [...row.slice(1), row[0]!] : row)
        const rowOf = (kind: (typeof records)[number], index: number): ReadonlyArray<string> => {
          const address = `u${index}@example.com`
          if (kind === "short") return rotated([address, "Ann"])
          if (kind === "shortNone") return rotated(["none", "Ann"])
          if (kind === "Mail") return rotated(["none", "Ann", kind])
          if (kind === "long") return [...rotated([address, "Ann", "active"]), "x"]
          if (kind === "quote") return rotated([address, '"A"n', "x"])
          return rotated([kind === "good" ? address : kind, "Ann", index % 2 === 0 ? "active" : "x"])
        }
        const headerLine = titles.length + 1
        const table = [rotated([email, name, "Ort"]), ...records.map(rowOf)].map((row) => row.join(delimiter))
        const bytes = Stream.succeed(new TextEncoder().encode([...titles, ...table].join(lineEnd)))

        const inspected = yield* Effect.result(Inspection.inspect()(bytes))
        if (Result.isFailure(inspected)) return
        const { check, format, mapping, unproved } = inspected.success
        const isListed = unproved.header.some(({ line }) => line === headerLine)
        if (mapping.proved !== null) assert.isTrue(format.headerLine <= headerLine || isListed || unproved.noHeader)
        if (mapping.proved === null || check === null || check.otherHeader !== null) return
        // A title may be read as a record, and never a record as a title.
        if (!isListed) assert.isAtLeast(check.records, records.length)
        const loaded = yield* bytes.pipe(
          Records.stream({ mapping: mapping.proved, format: mapping.object.format as never }),
          Stream.runCollect,
        )
        assert.strictEqual(loaded.length, check.records)
        assert.strictEqual(loaded.filter(Records.isReject).length, check.rejected)
      }),
    { arbitrary: { runs: tries(200, 3_000) } },
  )
})
