import { Buffer } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Inspection from "../../../src/csv/Inspection.ts"
import * as ColumnMapping from "../../../src/domain/ColumnMapping.ts"

const inspect = (content: string | Uint8Array, options?: Inspection.InspectOptions) =>
  Stream.succeed(typeof content === "string" ? new TextEncoder().encode(content) : content).pipe(
    Inspection.inspect(options),
  )

const failure = (content: string | Uint8Array, options?: Inspection.InspectOptions) =>
  Effect.map(Effect.flip(inspect(content, options)), ({ message, reason }) => [reason, message])

/** A file with an e-mail and this column. */
const withColumn = (name: string, values: ReadonlyArray<string>) =>
  [`email,${name}`, ...values.map((value, index) => `u${index}@example.com,${value}`), ""].join("\n")

const fieldOf = ({ fields }: Inspection.Inspection, name: string) => fields.find((field) => field.name === name)!
const columnsOf = ({ mapping }: Inspection.Inspection) => mapping.object.columns
const kindOf = (name: string, values: ReadonlyArray<string>) =>
  Effect.map(inspect(withColumn(name, values)), (inspected) => fieldOf(inspected, name).kind)

const crm = [
  "Kundenliste;;;;",
  "Stand: 01.03.2026",
  "",
  "Kundennummer;Vorname;Nachname;E-Mail-Adresse;Angelegt am;Firma;Aktiv",
  '1001;Jürgen;Groß;juergen@müller.example;31.12.2024;"Müller; Söhne";ja',
  "1002;Zoë;Weiß;zoe@example.com;1.3.2025;;nein",
  "1003;Max;Muster;kaputt;30.02.2025;Muster AG;ja",
  "1004;Eva;Lang;eva@example.com;5.5.2025;Lang KG;ja",
  "",
].join("\r\n")

describe("an inspection", () => {
  it.effect("finds header and delimiter by the e-mails, behind titles, and proposes columns by name", () =>
    Effect.gen(function* () {
      const inspected = yield* inspect(crm)
      const { check, evidence, format, mapping, notLoaded, records, unproved } = inspected
      assert.deepInclude(format, { delimiter: ";", headerLine: 4, encoding: "utf-8", lineEnd: "CRLF" })
      assert.deepStrictEqual(evidence, {
        encoding: "utf8",
        delimiter: "header",
        header: "emails",
        emails: [{ position: 3, name: "E-Mail-Adresse", records: 3, of: 4 }],
        skipped: {
          count: 2,
          first: [
            { value: "Kundenliste;;;;", line: 1 },
            { value: "Stand: 01.03.2026", line: 2 },
          ],
        },
      })
      assert.deepStrictEqual(unproved, {
        encoding: [],
        encodingAt: null,
        escape: null,
        header: [],
        noHeader: false,
      })
      assert.strictEqual(records, 4)
      assert.deepStrictEqual(mapping.object, {
        columns: {
          Kundennummer: "source_id",
          Vorname: "first_name",
          Nachname: "last_name",
          "E-Mail-Adresse": "email",
          "Angelegt am": "created_at",
          Aktiv: { column: "status", true: ["ja"], false: ["nein"] },
        },
      })
      assert.deepStrictEqual(mapping.proved, ColumnMapping.make(mapping.object.columns as never))
      assert.deepStrictEqual(notLoaded, ["Firma"])
      assert.deepStrictEqual(check, {
        records: 4,
        rejected: 1,
        rejects: [
          {
            column: "email",
            message: "is not a valid e-mail address",
            count: 1,
            lines: [7],
            values: [{ word: "k... (6 characters)", count: 1 }],
          },
          {
            column: "created_at",
            message: "is not a valid date (read as day.month.year)",
            count: 1,
            lines: [7],
            values: [{ word: "30.02.2025", count: 1 }],
          },
        ],
        blanked: [],
        otherHeader: null,
      })
      assert.deepStrictEqual(fieldOf(inspected, "E-Mail-Adresse").values, [
        "j...@müller.example",
        "z...@example.com",
        "k... (6 characters)",
      ])
      assert.deepInclude(fieldOf(inspected, "Firma"), { filled: 3, longest: 13, width: null, position: 5 })
      assert.deepInclude(fieldOf(inspected, "Vorname"), { filled: 4, longest: 6, width: 80 })
    }),
  )

  it.effect("reads another encoding provisionally, and shows a value as each reads it", () =>
    Effect.gen(function* () {
      const text = "Mail;Passwort;Nom\nzo\xeb@example.com;\xe9\xe9;Lee\nb@example.com;x;Mu\xf1oz\nc@example.com;y;Lee\n"
      const bytes = new Uint8Array(Buffer.from(text, "latin1"))
      const { check, evidence, format, mapping, unproved } = yield* inspect(bytes)
      assert.strictEqual(evidence.encoding, null)
      assert.deepInclude(format, { encoding: "windows-1252", delimiter: ";" })
      assert.deepStrictEqual(unproved.encodingAt, { name: "Nom", line: 3 })
      assert.deepStrictEqual(unproved.encoding.slice(0, 3), [
        { encoding: "windows-1252", value: "Muñoz" },
        { encoding: "windows-1250", value: "Muńoz" },
        { encoding: "windows-1251", value: "Muсoz" },
      ])
      const encodings = unproved.encoding.map(({ encoding }) => encoding)
      assert.deepStrictEqual(mapping.object.format, { encoding: "?", choices: { encoding: encodings } })
      assert.strictEqual(check?.rejected, 1)
      const given = yield* inspect(bytes, { format: { encoding: "windows-1252" } })
      assert.deepStrictEqual(given.mapping.object.format, { encoding: "windows-1252" })
      assert.strictEqual(given.evidence.encoding, "given")
    }),
  )

  it.effect("reads UTF-16 by its mark, and names the delimiter that a first line names", () =>
    Effect.gen(function* () {
      const text = "\uFEFFsep=|\r\nemail|name\r\na@example.com|Zoë\r\n"
      const { evidence, format, fields } = yield* inspect(new Uint8Array(Buffer.from(text, "utf16le")))
      assert.deepInclude(format, { encoding: "utf-16le", byteOrderMark: true, delimiter: "|", headerLine: 2 })
      assert.deepInclude(evidence, { encoding: "byteOrderMark", delimiter: "sepLine" })
      assert.strictEqual(evidence.skipped.count, 0)
      assert.deepStrictEqual(fields[1]!.values, ["Zoë"])
    }),
  )

  it.effect("names the fields of a file without a header, and loads it so, until names are given", () =>
    Effect.gen(function* () {
      const text = "Export\n1;a@example.com;Ada;10.0.0.1\n2;b@example.com;Bo;10.0.0.2\n"
      const { check, evidence, mapping, unproved, fields } = yield* inspect(text)
      assert.isTrue(unproved.noHeader)
      assert.deepInclude(evidence, { header: null, delimiter: "header" })
      const names = ["column 1", "column 2", "column 3", "column 4"]
      assert.deepStrictEqual(
        fields.map(({ name }) => name),
        names,
      )
      assert.deepStrictEqual(mapping.object, {
        format: { header: names, skipLines: 1 },
        columns: { "column 2": "email", "column 4": "ip_address" },
      })
      assert.deepInclude(check, { records: 2, rejected: 0 })
      const header = ["id", "mail", "Vorname", "ip"]
      const given = yield* inspect(text, { format: { header, skipLines: 1 } })
      assert.deepInclude(given.evidence, { header: "given", delimiter: "header" })
      assert.deepStrictEqual(columnsOf(given), {
        id: "source_id",
        mail: "email",
        Vorname: "first_name",
        ip: "ip_address",
      })
    }),
  )

  it.effect("lists fields with equal claims, and chooses none", () =>
    Effect.gen(function* () {
      const two = yield* inspect("work,home,Registered,Joined\na@x.com,b@x.com,2024-01-01,2024-01-02\n")
      assert.deepStrictEqual(columnsOf(two), {
        work: { column: "?", choices: ["email"] },
        home: { column: "?", choices: ["email"] },
        Registered: { column: "?", choices: ["created_at"] },
        Joined: { column: "?", choices: ["created_at"] },
      })
      assert.strictEqual(two.mapping.proved, null)
      assert.strictEqual(two.check, null)
      assert.deepStrictEqual(two.notLoaded, ["work", "home", "Registered", "Joined"])
      assert.deepStrictEqual(fieldOf(two, "home").proposal, {
        _tag: "candidates",
        columns: ["email"],
        why: "values",
      })

      const exact = yield* inspect("mail,Email,E-Mail-Adresse\na@x.com,b@x.com,c@x.com\n")
      assert.deepStrictEqual(columnsOf(exact), { Email: "email" })
      // A name alone proposes nothing that the values contradict.
      const other = yield* inspect("email,Kontakt,last_name\nyes,a@x.com,b@x.com\nno,b@x.com,c@x.com\n")
      assert.deepStrictEqual(columnsOf(other), {
        Kontakt: { column: "?", choices: ["email"] },
        last_name: { column: "?", choices: ["email"] },
      })
      // Days are of either column.
      const days = yield* inspect("email,gesehen\na@x.com,2024-01-01\n")
      assert.deepStrictEqual(fieldOf(days, "gesehen").proposal, {
        _tag: "candidates",
        columns: ["created_at", "updated_at"],
        why: "values",
      })
      assert.deepStrictEqual(columnsOf(days), { email: "email" })
    }),
  )

  it.effect("maps no field whose name another has too", () =>
    Effect.gen(function* () {
      const inspected = yield* inspect("email,city,Email,city,,Email\na@x.com,A,b@x.com,B,c,c@x.com\n")
      assert.deepStrictEqual(
        inspected.fields.map(({ isUnnameable, name }) => [name, isUnnameable]),
        [
          ...([
            ["email", false],
            ["city", true],
            ["Email", true],
            ["city", true],
            ["column 5", true],
          ] as const),
          ["Email", true],
        ],
      )
      assert.deepStrictEqual(columnsOf(inspected), { email: "email" })
    }),
  )

  it.effect("lists lines that may be the header, where no name is known", () =>
    Effect.gen(function* () {
      const rows = "qui,woher\nanon,x\na@example.com,y\nb@example.com,z\nc@example.com,z\n"
      const { unproved } = yield* inspect(rows)
      assert.deepStrictEqual(unproved.header, [
        { line: 1, delimiter: ",", names: ["qui", "woher"] },
        { line: 2, delimiter: ",", names: ["anon", "x"] },
      ])
      assert.deepStrictEqual((yield* inspect(rows, { format: { skipLines: 0 } })).unproved.header, [])
    }),
  )

  it.effect("says what must be skipped, where a load would take a title for a record", () =>
    Effect.gen(function* () {
      const { check, mapping } = yield* inspect("Ask,admin@example.com\nid,mail,name\n1,a@x.com,A\n2,b@x.com,B\n")
      assert.deepStrictEqual(mapping.object.format, { skipLines: 1, delimiter: "," })
      assert.deepInclude(check, { records: 2, rejected: 0 })
    }),
  )

  it.effect("finds a header by its names where no record follows", () =>
    Effect.gen(function* () {
      const { evidence, format, mapping } = yield* inspect("Users\nid;Mail;Name\n")
      assert.deepInclude(evidence, { header: "names" })
      assert.deepInclude(format, { delimiter: ";", headerLine: 2 })
      assert.deepStrictEqual(mapping.object.columns, { id: "source_id", Mail: "email" })
    }),
  )

  it.effect("shows the fields where nothing is an e-mail, and fails where nothing is text", () =>
    Effect.gen(function* () {
      const { check, evidence, mapping, fields } = yield* inspect("id;name\n1;Ada\n2;Bo\n")
      assert.deepInclude(evidence, { header: null, delimiter: null })
      assert.deepStrictEqual(
        fields.map(({ isUnnameable, name }) => [name, isUnnameable]),
        // They may be the values of a record.
        [
          ["column 1", true],
          ["column 2", true],
        ],
      )
      assert.deepStrictEqual(mapping.object.columns, {})
      assert.deepStrictEqual((yield* inspect("4711;Ada|Lovelace\n4712;Bo|Diddley\n")).unproved.header, [
        { line: 1, delimiter: ";", names: ["column 1", "column 2"] },
        { line: 1, delimiter: "|", names: ["column 1", "column 2"] },
      ])
      assert.strictEqual(mapping.proved, null)
      assert.strictEqual(check, null)
      const none = "none is before records of which most have an e-mail in one field. Name the columns in a mapping."
      assert.deepStrictEqual(yield* failure('x"y\nz"a\n'), ["malformed", `No line looks like a header: ${none}`])
      assert.strictEqual((yield* failure(""))[0], "empty")
      assert.strictEqual((yield* failure(Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0xff)))[0], "foreignFormat")
    }),
  )

  it.effect("shows no password, and of an e-mail only its domain", () =>
    Effect.gen(function* () {
      const inspected = yield* inspect(
        "mail,Kennwort,api_token,note\nada@example.com,hunter2,tok-1,write to ada@example.com\nbo@example.com,hunter3,tok-2,\u001b[1m\n",
      )
      assert.deepStrictEqual(
        inspected.fields.map(({ values }) => values),
        [["a...@example.com", "b...@example.com"], ["***"], ["***"], ["write to a...@example.com", "\\u{1b}[1m"]],
      )
      assert.notInclude(JSON.stringify(inspected), "hunter")
      assert.notInclude(JSON.stringify(inspected), "tok-")
      const long = yield* inspect(`mail,password\na@x.com,${"hunter2".repeat(50)}\n`)
      assert.deepStrictEqual(long.check?.rejects, [
        { column: "password", message: "is longer than 255 characters", count: 1, lines: [2], values: [] },
      ])
    }),
  )

  it.effect("shows no secret by the name of its target, or in JSON, and of odd e-mails no more than of others", () =>
    Effect.gen(function* () {
      const mapping = ColumnMapping.make({ mail: "email", x: "extra.api_key", y: "extra.y" })
      const mapped = yield* inspect("mail,x,y\na@x.com,tok-1,NULL\n", { mapping })
      assert.deepStrictEqual(fieldOf(mapped, "x").values, ["***"])

      const json = '"{""user"":""ada"",""pw"":""hunter2""}"'
      const rows = [
        `"""very secret""@x.com",${json},none,see a@x.com`,
        `bob%40x.com,"{'token': 'hunter2'}",NULL,pin: 1234`,
      ]
      const odd = yield* inspect(["mail,meta,Password,note", ...rows, "c@x.com,{},x,mail bob%40x.com", ""].join("\n"))
      assert.deepStrictEqual(
        odd.fields.map(({ nullWords, values }) => [values, nullWords]),
        [
          [['"...@x.com', "b... (11 characters)", "c...@x.com"], []],
          [["{user, pw}", "***", "{}"], []],
          [["***"], []],
          [["see a...@x.com", "***", "mail b...%40x.com"], []],
        ],
      )
      const broken = yield* inspect("mail\na@x.com\nbad@@x..com\nb@x.com\n")
      assert.deepStrictEqual(broken.check?.rejects, [
        {
          column: "email",
          message: "has more than one @",
          count: 1,
          lines: [3],
          values: [{ word: "b...@x..com", count: 1 }],
        },
      ])
    }),
  )

  it.effect("shows no hash, token or key, whatever the name of its field", () =>
    Effect.gen(function* () {
      for (const text of [
        "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "$argon2id$v=19$m=65536,t=2$c29tZXNhbHQ$hash",
        "pbkdf2_sha256$260000$abc$def=",
        "{SSHA}hashed",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        "Bearer abcdef",
        "sk_live_51Habcdefghijkl",
        "ghp_abcdefghijklmnop",
        "AKIAIOSFODNN7EXAMPLE",
      ]) {
        const inspected = yield* inspect(`mail,x\na@x.com,"${text}"\nb@x.com,"${text}"\n`)
        assert.deepStrictEqual(fieldOf(inspected, "x").values, ["***"], text)
        assert.notInclude(JSON.stringify(inspected), text)
      }
      const rejected = yield* inspect(`mail,first name\na@x.com,${`$2b$10$${"x".repeat(90)}`}\n`)
      assert.deepStrictEqual(rejected.check?.rejects[0]?.values, [])
      for (const text of ["Basic", "$5", "eyJ", "{a}", "sk_id", "Bearer"]) {
        const inspected = yield* inspect(`mail,x\na@x.com,${text}\n`)
        assert.deepStrictEqual(fieldOf(inspected, "x").values, [text])
      }
    }),
  )

  it.effect("names encodings where some bytes happen to be UTF-8, and no header can be read", () =>
    Effect.gen(function* () {
      // The name of the first field in Shift_JIS; 0xd4 0x8d is UTF-8 too.
      const header = Uint8Array.of(0x89, 0xef, 0x88, 0xf5, 0x94, 0xd4, 0x8d, 0x86)
      const content = Buffer.concat([header, Buffer.from(",mail\n1,a@x.com\n2,b@x.com\n")])
      assert.deepStrictEqual(yield* failure(content), [
        "encoding",
        "The file is not UTF-8. Name its encoding with --encoding: windows-1252, windows-1250, windows-1251, shift_jis, gb18030 read all of it.",
      ])
      const { mapping } = yield* inspect(content, { format: { encoding: "shift_jis" } })
      assert.deepInclude(mapping.object.columns, { mail: "email" })
    }),
  )

  it.effect("names UTF-16 without a mark where its text is beyond ASCII", () =>
    Effect.gen(function* () {
      const content = Buffer.from("mail,Ort\r\na@x.com,Köln\r\n", "utf16le")
      assert.match((yield* failure(content))[1]!, /UTF-16 \(little-endian\)/)
      assert.match((yield* failure(content.swap16()))[1]!, /UTF-16 \(big-endian\)/)
    }),
  )

  it.effect("checks a mapping that is given as a load does", () =>
    Effect.gen(function* () {
      const mapping = ColumnMapping.make({
        Mail: "email",
        Seit: { column: "created_at", format: "MM/DD/YYYY" },
        Phone: "extra.phone",
        Tel: "extra.phone",
      })
      const text = "Mail,Seit,Tel,Firma\na@x.com,12/31/2024,1,F\nb@x.com,31/12/2024,2,G\nc,1/1/2024,3,\n"
      const inspected = yield* inspect(text, { mapping, format: { onBadValue: "null" } })
      assert.deepStrictEqual(
        inspected.fields.map(({ proposal }) => proposal),
        [
          { _tag: "mapped", target: "email", why: "mapping" },
          { _tag: "mapped", target: "created_at", why: "mapping" },
          { _tag: "mapped", target: "extra.phone", why: "mapping" },
          { _tag: "none" },
        ],
      )
      assert.deepInclude(inspected.evidence, { header: "mapping", delimiter: "header", emails: [] })
      const named = yield* inspect("sep=;\nMail;Seit;Tel\na@x.com;;\n", { mapping })
      assert.deepInclude(named.evidence, { header: "mapping", delimiter: "sepLine" })
      assert.deepInclude(inspected.check, { records: 3, rejected: 1 })
      assert.deepStrictEqual(
        inspected.check?.blanked.map(({ column, lines, values }) => [column, lines, values]),
        [["created_at", [3], [{ word: "31/12/2024", count: 1 }]]],
      )
      assert.deepStrictEqual(inspected.notLoaded, ["Firma"])
      assert.deepStrictEqual(inspected.mapping, {
        object: { format: { onBadValue: "null" }, columns: ColumnMapping.toObject(mapping) },
        proved: mapping,
      })
      const [reason] = yield* failure("mail,name\na@x.com,A\n", { mapping })
      assert.strictEqual(reason, "misfit")
      const dates = ColumnMapping.make({ Mail: "email", Seit: "created_at" })
      assert.strictEqual((yield* failure(text, { mapping: dates }))[0], "dates")
    }),
  )

  it.effect("finds what the values of a field are", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* kindOf("x", ["", ""]), { _tag: "empty" })
      assert.deepStrictEqual(yield* kindOf("x", ["1", "2.5", "-3", "x"]), { _tag: "numbers", count: 3 })
      assert.deepStrictEqual(yield* kindOf("x", ['"{""a"":1}"', '"[1,2]"', "{"]), { _tag: "json", count: 2 })
      assert.deepStrictEqual(yield* kindOf("x", ["10.0.0.1", "[::1]:80", "10.0.0.1:8080", "::2"]), {
        _tag: "addresses",
        v4: 2,
        v6: 2,
        withPort: 2,
      })
      assert.deepStrictEqual(yield* kindOf("x", ["Yes", "no", "YES"]), {
        _tag: "booleans",
        words: [
          { word: "Yes", count: 2 },
          { word: "no", count: 1 },
        ],
      })
      assert.deepStrictEqual(yield* kindOf("gender", ["F", "M", "F"]), { _tag: "text" })
      assert.deepStrictEqual(yield* kindOf("x", ["0123456789", "1234567890"]), { _tag: "numbers", count: 2 })
      assert.deepStrictEqual(yield* kindOf("x", ["2024-01-05", "2024-12-31 10:11", "?"]), {
        _tag: "days",
        forms: [
          { form: "9999-99-99", count: 1, example: { value: "2024-01-05", line: 2 } },
          { form: "9999-99-99 99:99", count: 1, example: { value: "2024-12-31 10:11", line: 3 } },
          { form: "?", count: 1, example: { value: "?", line: 4 } },
        ],
        order: null,
        reading: { _tag: "usual" },
      })
      const nulls = fieldOf(yield* inspect(withColumn("first_name", ["NULL", "Ann", "null", "n/a"])), "first_name")
      assert.deepStrictEqual(nulls.nullWords, [
        { word: "NULL", count: 2 },
        { word: "n/a", count: 1 },
      ])
      assert.strictEqual(nulls.filled, 4)
    }),
  )

  it.effect("writes a format where the dates prove it, and the choices where they do not", () =>
    Effect.gen(function* () {
      const created = (...values: ReadonlyArray<string>) =>
        Effect.map(inspect(withColumn("created", values)), (inspected) => columnsOf(inspected)["created"])
      const column = "created_at"
      assert.strictEqual(yield* created("2024-01-05", "31.12.2024", "Jan 5, 2024"), column)
      assert.strictEqual(yield* created("5/5/2024", "2024-01-01"), column)
      assert.deepStrictEqual(yield* created("1/5/2024", "12/31/2024"), { column, format: "MM/DD/YYYY" })
      assert.deepStrictEqual(yield* created("1/5/2024 10:11 PM", "31/12/2024"), { column, format: "DD/MM/YYYY" })
      assert.deepStrictEqual(yield* created("31.12.24", "1.2.24"), { column, format: "DD.MM.YY" })
      assert.deepStrictEqual(yield* created("1/5/24", "12/31/24"), { column, format: "MM/DD/YY" })
      assert.deepStrictEqual(yield* created("1704067200", "1735689600"), { column, format: "epoch" })
      assert.deepStrictEqual(yield* created("1704067200000", "1735689600123"), { column, format: "epoch-ms" })
      const either = { column, format: "?", choices: ["MM/DD/YYYY", "DD/MM/YYYY"] }
      assert.deepStrictEqual<unknown>(yield* created("1/5/2024", "2/3/2024"), either)
      assert.deepStrictEqual<unknown>(yield* created("31/12/2024", "12/31/2024", "1/2/2024"), either)
      assert.deepStrictEqual(yield* created("45291", "45292.5"), { column, format: "?", choices: ["excel"] })
      // A name of a date does not make one.
      assert.isUndefined(yield* created("soon", "later"))
      const broken = Array.from({ length: 40 }, (_, index) => `12/${(index % 28) + 1}/2024`)
      assert.deepStrictEqual(yield* created(...broken, "13/13/2024", "?"), { column, format: "MM/DD/YYYY" })
      assert.deepStrictEqual(yield* kindOf("created", ["1/5/2024", "12/31/2024", "2/1/2024"]), {
        _tag: "days",
        forms: [
          { form: "9/9/9999", count: 2, example: { value: "1/5/2024", line: 2 } },
          { form: "99/99/9999", count: 1, example: { value: "12/31/2024", line: 3 } },
        ],
        order: {
          dayFirst: null,
          monthFirst: { count: 1, first: { value: "12/31/2024", line: 3 } },
          either: { count: 2, first: { value: "1/5/2024", line: 2 } },
        },
        reading: { _tag: "proved", format: "MM/DD/YYYY" },
      })
    }),
  )

  it.effect("takes no year of two digits for a day where it may come first", () =>
    Effect.gen(function* () {
      const readingOf = (values: ReadonlyArray<string>) =>
        Effect.map(kindOf("created_at", values), (kind) => (kind._tag === "days" ? kind.reading : kind))
      const both = { _tag: "choices", formats: ["DD-MM-YY", "YY-MM-DD"] } as const
      assert.deepStrictEqual(yield* readingOf(["24-01-05", "24-02-06", "24-03-31"]), both)
      assert.deepStrictEqual(yield* readingOf(["24-01-05"]), both)
      assert.deepStrictEqual(yield* readingOf(["99-01-05", "98-12-06"]), { _tag: "proved", format: "YY-MM-DD" })
      assert.deepStrictEqual(yield* readingOf(["05-01-24", "16-02-24", "31-03-24"]), {
        _tag: "proved",
        format: "DD-MM-YY",
      })
    }),
  )

  it.effect("finds the one date that shows the order, wherever it is", () =>
    Effect.gen(function* () {
      const values = Array.from({ length: 30_000 }, (_, index) => (index === 20_001 ? "31/12/2024" : "1/2/2024"))
      const inspected = yield* inspect(withColumn("created", values))
      assert.deepStrictEqual(columnsOf(inspected)["created"], { column: "created_at", format: "DD/MM/YYYY" })
      const { filled, lookedAt } = fieldOf(inspected, "created")
      assert.strictEqual(filled, 30_000)
      assert.isAtMost(lookedAt, 10_003)
    }),
  )

  it.effect("writes the words of a status that are known elsewhere, and asks for those of two others", () =>
    Effect.gen(function* () {
      const status = (...values: ReadonlyArray<string>) =>
        Effect.map(inspect(withColumn("Status", values)), (inspected) => columnsOf(inspected)["Status"])
      const column = "status"
      assert.strictEqual(yield* status("active", "Inactive", "NULL"), column)
      assert.deepStrictEqual(yield* status("Sí", "no", "SÍ"), { column, true: ["Sí"] })
      assert.deepStrictEqual(yield* status("aktiv", "gesperrt"), { column, true: ["aktiv"], false: ["gesperrt"] })
      assert.deepStrictEqual(yield* status("xx", "yy", "xx"), {
        column,
        true: ["?"],
        false: ["?"],
        choices: ["xx", "yy"],
      })
      assert.isUndefined(yield* status("new", "open", "shipped"))
      assert.isUndefined(yield* status("CA", "NY", "TX", "no"))
    }),
  )

  it.effect("asks for escapes that backslashes may be", () =>
    Effect.gen(function* () {
      const text = 'email,name\na@x.com,"Ann \\"Annie\\""\nb@x.com,Bo\n'
      const { mapping, unproved } = yield* inspect(text)
      assert.deepStrictEqual(unproved.escape, { records: 1, line: 2 })
      assert.deepStrictEqual(mapping.object.format, { escape: "?", choices: { escape: ["backslash", "doubled"] } })
      assert.strictEqual((yield* inspect(text, { format: { escape: "backslash" } })).check?.rejected, 0)
    }),
  )

  it.effect("stops where a load would, at another header", () =>
    Effect.gen(function* () {
      const text = "email,id\na@x.com,1\nb@x.com,2\nc@x.com,3\nemail,id\nid,email\n4,d@x.com\n"
      const { check } = yield* inspect(text)
      assert.deepInclude(check, { records: 3, rejected: 0 })
      assert.include(check?.otherHeader ?? "", "Line 6 is another header")
    }),
  )

  it.effect("skips no line that may be a record of the table", () =>
    Effect.gen(function* () {
      const { format, unproved } = yield* inspect("email,id\na@x.com,1\n,2\n,3\n,4\nid,email\n5,b@x.com\n6,c@x.com\n")
      assert.strictEqual(format.headerLine, 1)
      assert.deepStrictEqual([unproved.noHeader, unproved.header], [false, []])
    }),
  )

  it.effect("takes no record for the header, however its e-mail is broken", () =>
    Effect.gen(function* () {
      const few = yield* inspect("Email,Name\nbad@@x,Ann\nb@x.com,Bo\n")
      assert.deepInclude(few.evidence, { header: "names", skipped: { count: 0, first: [] } })
      assert.deepStrictEqual(columnsOf(few), { Email: "email" })
      assert.deepInclude(few.check, { records: 2, rejected: 1 })

      const broken = Array.from({ length: 11 }, (_, index) => `u${index}.x.com,A`)
      const good = Array.from({ length: 30 }, (_, index) => `u${index}@x.com,A`)
      const named = yield* inspect(["Email,Name", ...broken, ...good, ""].join("\n"))
      assert.strictEqual(named.format.headerLine, 1)
      assert.deepStrictEqual([columnsOf(named), named.unproved.header], [{ Email: "email" }, []])
      assert.deepInclude(named.check, { records: 41, rejected: 11 })

      // Nothing shows that the first line is the header.
      const unnamed = yield* inspect(["Kontakt,Ort", ...broken, ...good, ""].join("\n"))
      assert.strictEqual(unnamed.format.headerLine, 1)
      assert.lengthOf(unnamed.unproved.header, 5)
      assert.deepStrictEqual(unnamed.unproved.header.slice(0, 2), [
        { line: 1, delimiter: ",", names: ["Kontakt", "Ort"] },
        { line: 2, delimiter: ",", names: ["u0.x.com", "A"] },
      ])
      assert.deepInclude(unnamed.check, { records: 41, rejected: 11 })
    }),
  )

  it.effect("lists the lines of the table before a header whose names only happen to be known", () =>
    Effect.gen(function* () {
      const { unproved } = yield* inspect("kontakt,code\nanon,active\na@x.com,active\nb@x.com,active\nc@x.com,x\n")
      assert.deepStrictEqual(unproved.header.map(({ line }) => line).toSorted(), [1, 2])
      const longer = yield* inspect("Email,Name\nbad,Ann,x\na@x.com,Bo,y\nb@x.com,Cy,z\n")
      assert.strictEqual(longer.format.headerLine, 1)
    }),
  )

  it.effect("names the fields of a file whose first record has a broken e-mail", () =>
    Effect.gen(function* () {
      const { check, mapping, unproved } = yield* inspect("bad@@x,Ann\nb@x.com,Bo\nc@x.com,Cy\n")
      assert.isTrue(unproved.noHeader)
      assert.deepStrictEqual(mapping.object.columns, { "column 1": "email" })
      assert.deepInclude(check, { records: 3, rejected: 1 })
      const few = yield* inspect("bad@@x,Ann\nEmail,Name\nb@x.com,Bo\n")
      assert.strictEqual(few.mapping.proved, null)
    }),
  )

  it("throws where an option is not valid", () => {
    assert.throws(() => Inspection.inspect({ mapping: new Map() as never }), TypeError)
    assert.throws(() => Inspection.inspect({ maxRecordSize: 0 }), RangeError)
    assert.throws(() => Inspection.inspect({ format: { delimiter: "ab" } }))
  })
})
