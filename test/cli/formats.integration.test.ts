import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"

type Files = Readonly<Record<string, string | Uint8Array>>

const names = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"

const row = (id: number, first = "Ada", last = "Byron") =>
  `${id},${first},${last},user${id}@example.com,Female,81.2.69.142,2023-01-05,2024-02-06,h,true`

/** A byte a character. */
const latin1 = (text: string) => Buffer.from(text, "latin1")

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le")

/** Loads the files, by the mapping of the repository, and reads what is stored. */
const load = Effect.fnUntraced(function* (files: Files, flags: ReadonlyArray<string> = []) {
  const { env, query } = yield* makeDatabase
  const source = yield* directoryOf(files)
  const outcome = yield* etl(["--source", source, "--geo", "none", ...flags], env)
  const users = yield* query<Record<string, unknown>>(
    `select source_id, first_name, last_name, email, gender, host(ip_address::inet) as ip, status, password from users order by email`,
  )
  const files_ = yield* query<{ uri: string; error: string | null; format: unknown }>(
    "select uri, error, format from etl_files order by id",
  )
  const rejects = yield* query<{ line: number; reasons: ReadonlyArray<{ readonly message: string }> }>(
    "select line::integer, reasons from etl_rejects order by file_id, byte_offset",
  )
  const first = users.map((user) => user["first_name"])
  return { ...outcome, env, source, query, users, first, files: files_, rejects }
})

const lines = (...rows: ReadonlyArray<string>) => `${rows.join("\n")}\n`

describe("files that people have", () => {
  it.live("windows-1252 is refused, with its values on the terminal alone, and loads with --encoding", () =>
    Effect.gen(function* () {
      const content = latin1([names, row(1, "José", "Muñoz"), row(2, "Zoë", "Brontë"), ""].join("\r\n"))
      const refused = yield* load({ "users.csv": content, "plain.csv": lines(names, row(7)) })
      assert.strictEqual(refused.code, 5)
      assert.include(refused.stderr, "users.csv: The file is not UTF-8.")
      assert.include(refused.stderr, "--encoding")
      const shown = 'first_name on line 2 is "José" in windows-1252, "José" in windows-1250, "Josй" in windows-1251.'
      assert.include(refused.stdout, shown)
      assert.notInclude(refused.logText, "Jos")
      assert.notInclude(JSON.stringify(refused.files), "Jos")
      // The others are loaded, and none of its records.
      assert.deepStrictEqual(
        refused.users.map(({ email }) => email),
        ["user7@example.com"],
      )
      const loaded = yield* load({ "users.csv": content }, ["--encoding", "cp1252"])
      assert.strictEqual(loaded.code, 0)
      assert.deepStrictEqual(
        loaded.users.map(({ first_name, last_name }) => `${first_name} ${last_name}`),
        ["José Muñoz", "Zoë Brontë"],
      )
      assert.include(loaded.stderr, "users.csv: windows-1252 (given)")
    }).pipe(Effect.scoped),
  )

  it.live("no value of a password or an e-mail is shown with a refusal", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* load({
        "users.csv": latin1(lines(names, row(1).replace(",h,", ",señor,").replace("user1", "josé"), row(2))),
      })
      assert.strictEqual(code, 5)
      assert.notInclude(stdout + stderr, "señor")
      assert.notInclude(stdout + stderr, "josé")
    }).pipe(Effect.scoped),
  )

  it.live("UTF-16 with a byte order mark loads", () =>
    Effect.gen(function* () {
      const content = utf16(`${names}\r\n${row(1, "Zoë", "日本")}\r\n${row(2)}\r\n`.replaceAll(",", "\t"))
      const { code, stderr, users } = yield* load({ "users.csv": content })
      assert.strictEqual(code, 0)
      assert.deepInclude(users[0], { first_name: "Zoë", last_name: "日本", email: "user1@example.com", status: true })
      assert.lengthOf(users, 2)
      assert.include(stderr, "users.csv: tab, utf-16le")
    }).pipe(Effect.scoped),
  )

  it.live(
    "a refusal in UTF-16 names what is missing; one of a file without a header keeps its values out of the log",
    () =>
      Effect.gen(function* () {
        const wide = yield* load({ "users.csv": utf16(`${names.replace("email", "mail")}\n${row(1)}\n`) })
        assert.strictEqual(wide.code, 5)
        assert.include(
          wide.stderr,
          "users.csv: Header missing: email (the nearest is mail) (the header has 10 fields).",
        )
        const without = yield* load({ "users.csv": "1,Annabel,secret22\n2,Bo,secret33\n" })
        assert.strictEqual(without.code, 5)
        assert.include(without.stdout, 'The header has "1", "Annabel", "secret22".')
        assert.notInclude(without.logText, "secret22")
        assert.notInclude(JSON.stringify(without.files), "secret22")
        const given = yield* load({ "users.csv": lines(names, row(1)) }, [
          "--header",
          names.split(",").toReversed().join(),
        ])
        assert.include(given.stderr, "Line 1 is a header, and the names of the fields are given.")
      }).pipe(Effect.scoped),
  )

  it.live("a sep= line, and several delimiters in one folder", () =>
    Effect.gen(function* () {
      const { code, users } = yield* load({
        "a.csv": lines(names, row(1)),
        "b.csv": lines(names, row(2)).replaceAll(",", ";"),
        "c.csv": `sep=;\r\n${lines(names, row(3)).replaceAll(",", ";").replaceAll("\n", "\r\n")}`,
        "d.csv": lines(names, row(4)).replaceAll(",", "|"),
      })
      assert.strictEqual(code, 0)
      assert.lengthOf(users, 4)
    }).pipe(Effect.scoped),
  )

  it.live("backslash escapes are refused by name, and read with --escape backslash", () =>
    Effect.gen(function* () {
      const content = lines(
        names,
        String.raw`1,"Ann \"Annie\"","Lee",user1@example.com,\N,81.2.69.142,2023-01-05,2024-02-06,h,1`,
        String.raw`2,"Bob","O\\Hara",user2@example.com,\N,\N,2023-01-05,2024-02-06,h,1`,
        String.raw`3,"Cy","Smith",user3@example.com,\N,81.2.69.142,2023-01-05,2024-02-06,\N,1`,
        String.raw`4,"Di","x\",\"y",user4@example.com,F,81.2.69.142,2023-01-05,2024-02-06,h,1`,
      )
      const refused = yield* load({ "users.csv": content })
      assert.strictEqual(refused.code, 5)
      assert.include(refused.stderr, "--escape backslash")
      assert.lengthOf(refused.users, 0)
      const { code, users } = yield* load({ "users.csv": content }, ["--escape", "backslash"])
      assert.strictEqual(code, 0)
      assert.deepInclude(users[0], { first_name: 'Ann "Annie"', last_name: "Lee", gender: null, ip: "81.2.69.142" })
      assert.deepInclude(users[1], { last_name: String.raw`O\Hara`, gender: null, ip: null })
      assert.deepInclude(users[2], { password: null })
      assert.deepInclude(users[3], { last_name: 'x","y', gender: "F" })
    }).pipe(Effect.scoped),
  )

  it.live(String.raw`an unquoted \N is null in every column, a quoted one is text`, () =>
    Effect.gen(function* () {
      const { code, users } = yield* load({
        "users.csv": lines(
          names,
          String.raw`1,\N,Lee,user1@example.com,\N,\N,\N,\N,\N,\N`,
          String.raw`2,"\N",\N,user2@example.com,F,\N,\N,\N,"x",\N`,
        ),
      })
      assert.strictEqual(code, 0)
      assert.deepInclude(users[0], { first_name: null, gender: null, ip: null, status: null, password: null })
      assert.deepInclude(users[1], { first_name: String.raw`\N`, last_name: null, status: null, password: "x" })
    }).pipe(Effect.scoped),
  )

  it.live("surplus empty fields load, short rows are rejected by name, or null with --short-rows", () =>
    Effect.gen(function* () {
      const surplus = yield* load({
        "rows.csv": lines(names, `${row(1)},`, `${row(2)},,`),
        "header.csv": lines(`${names},`, row(3), `${row(4)},more`),
      })
      assert.strictEqual(surplus.code, 0)
      assert.lengthOf(surplus.users, 4)
      const short = lines(`${names},notes,tag`, `${row(1)},vip,a`, row(2), `${row(3)},new`)
      const rejected = yield* load({ "short.csv": short }, ["--max-rejects", "100%"])
      assert.strictEqual(rejected.code, 3)
      assert.deepStrictEqual(
        rejected.rejects.map(({ reasons }) => reasons[0]!.message),
        [10, 11].map(
          (fields) => `${fields} fields where the header has 12 (--short-rows null reads the missing ones as null)`,
        ),
      )
      const filled = yield* load({ "short.csv": short }, ["--short-rows", "null"])
      assert.strictEqual(filled.code, 0)
      assert.lengthOf(filled.users, 3)
    }).pipe(Effect.scoped),
  )

  it.live("lines before the header are skipped and reported; a comment among records needs --comment", () =>
    Effect.gen(function* () {
      const titled = yield* load({ "t.csv": lines("User activity report", "Generated: 2024-03-01", "", names, row(1)) })
      assert.strictEqual(titled.code, 0)
      assert.include(titled.stderr, "t.csv: header on line 4")
      const content = lines("# exported by tool 1.2", "# rows: 2", names, row(1), "# middle, comment", row(2))
      const commented = yield* load({ "c.csv": content }, ["--max-rejects", "100%"])
      assert.strictEqual(commented.code, 3)
      assert.deepStrictEqual(
        commented.rejects.map(({ line }) => line),
        [5],
      )
      const { code, rejects, users } = yield* load({ "c.csv": content }, ["--comment", "#"])
      assert.strictEqual(code, 0)
      assert.lengthOf(rejects, 0)
      assert.lengthOf(users, 2)
    }).pipe(Effect.scoped),
  )

  it.live("blanks around fields are trimmed, or kept with --trim off", () =>
    Effect.gen(function* () {
      const quoted = [names, row(1), row(2)].map((line) => `"${line.replaceAll(",", '", "')}"`)
      const plain = [names, row(3), row(4)].map((line) => line.replaceAll(",", ", "))
      const { code, users } = yield* load({ "quoted.csv": lines(...quoted), "plain.csv": lines(...plain) })
      assert.strictEqual(code, 0)
      assert.lengthOf(users, 4)
      for (const user of users) assert.deepInclude(user, { first_name: "Ada", last_name: "Byron", gender: "Female" })
      const kept = yield* load({ "plain.csv": lines(...plain) }, ["--trim", "off"])
      assert.deepInclude(kept.users[0], { first_name: " Ada", gender: " Female" })
    }).pipe(Effect.scoped),
  )

  it.live("rows of delimiters only are no records, and reported", () =>
    Effect.gen(function* () {
      const { code, rejects, stderr, users } = yield* load({
        "users.csv": `${[names, row(1), ",,,,,,,,,", ",,,,,,,,,", row(2), " , ,,,,,,,,", "\0\0\0\x1a"].join("\r\n")}`,
      })
      assert.strictEqual(code, 0)
      assert.lengthOf(users, 2)
      assert.lengthOf(rejects, 0)
      assert.include(stderr, "users.csv: 4 blank rows are no records")
    }).pipe(Effect.scoped),
  )

  it.live("joined files: a byte order mark is no text, the header again is no record, another header fails", () =>
    Effect.gen(function* () {
      const again = yield* load({ "users.csv": lines(`\ufeff${names}`, row(1), `\ufeff${names}`, row(2)) })
      assert.strictEqual(again.code, 0)
      assert.lengthOf(again.users, 2)
      assert.include(again.stderr, "users.csv: 1 repeated header is no record")
      const without = yield* load({ "users.csv": lines(`\ufeff${names}`, row(1), `\ufeff${row(2)}`) })
      assert.strictEqual(without.code, 0)
      assert.deepStrictEqual(
        without.users.map(({ source_id }) => source_id),
        ["1", "2"],
      )
      const other = names.split(",").toReversed().join(",")
      const failed = yield* load({ "users.csv": lines(names, row(1), other, row(2)) })
      assert.strictEqual(failed.code, 5)
      assert.include(failed.stderr, "Line 3 is another header")
      assert.lengthOf(failed.users, 1)
    }).pipe(Effect.scoped),
  )

  it.live("header names match in another case, and with a no-break space", () =>
    Effect.gen(function* () {
      const cased = lines(
        names.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
        row(1),
      )
      const { code, stderr, users } = yield* load({
        "cased.csv": cased,
        "spaced.csv": lines(names.replace("id,", "id\u00a0,"), row(2)),
      })
      assert.strictEqual(code, 0)
      assert.include(stderr, 'cased.csv: header "Id" is read as "id", and so 9 other headers')
      const mapping = join(yield* directoryOf({ "m.json": '{"Mail Address":"email"}' }), "m.json")
      const inner = yield* load({ "inner.csv": "Mail\u00a0Address\nuser3@example.com\n" }, ["--mapping", mapping])
      assert.include(inner.stderr, 'inner.csv: header "Mail\\u{a0}Address" is read as "Mail Address"')
      assert.lengthOf(users, 2)
    }).pipe(Effect.scoped),
  )

  it.live("several headers of one column load files of two layouts, and a file with both is refused", () =>
    Effect.gen(function* () {
      const columns = { Email: "email", "E-Mail Address": "email", IP: "ip_address" }
      const mapping = join(yield* directoryOf({ "m.json": JSON.stringify(columns) }), "m.json")
      const files = {
        "a.csv": "Email,IP\nuser1@example.com,81.2.69.142\n",
        "b.csv": "E-Mail Address,IP\nuser2@example.com,81.2.69.143\n",
      }
      const loaded = yield* load(files, ["--mapping", mapping])
      assert.strictEqual(loaded.code, 0, loaded.stderr)
      assert.deepStrictEqual(
        loaded.users.map(({ email, ip }) => [email, ip]),
        [
          ["user1@example.com", "81.2.69.142"],
          ["user2@example.com", "81.2.69.143"],
        ],
      )
      const refused = yield* load(
        {
          ...files,
          "both.csv": "Email,IP,E-Mail Address\na@example.com,,b@example.com\n",
          "neither.csv": "Mail,IP\na@example.com,\n",
        },
        ["--mapping", mapping],
      )
      assert.strictEqual(refused.code, 5)
      assert.include(refused.stderr, "both.csv: More than one header for email: Email")
      assert.include(refused.stderr, 'neither.csv: Header missing: Email (the nearest is Mail) or "E-Mail Address"')
      assert.include(
        refused.stderr,
        `etl inspect --source ${join(refused.source, "neither.csv")} --out neither.mapping.json`,
      )
      assert.lengthOf(refused.users, 2)
    }).pipe(Effect.scoped),
  )

  it.live("two stray quotes that swallow a row are one reject with all its lines, and nothing else", () =>
    Effect.gen(function* () {
      const swallowing = [
        row(1),
        `2,"Ada,Byron,user2@example.com,F,,,,,`,
        row(3),
        `4,Ada",Byron,user4@example.com,F,,,,,`,
        row(5),
      ]
      const { code, query, rejects, users } = yield* load({ "u.csv": lines(names, ...swallowing) }, [
        "--max-rejects",
        "100%",
      ])
      assert.strictEqual(code, 3)
      assert.deepStrictEqual(
        users.map(({ email }) => email),
        ["user1@example.com", "user5@example.com"],
      )
      assert.strictEqual(
        rejects.map(({ reasons }) => reasons[0]!.message).join(),
        "the quoted field that begins on line 3 takes in 1 line that looks like a record; --quoted-lines keep reads it as it is",
      )
      const [reject] = yield* query<{ raw: Uint8Array }>("select raw from etl_rejects")
      assert.strictEqual(Buffer.from(reject!.raw).toString(), swallowing.slice(1, 4).join("\n"))
    }).pipe(Effect.scoped),
  )

  it.live("long words and hashes load", () =>
    Effect.gen(function* () {
      const values = ["Prefer to self-describe", `"$argon2id$v=19$m=65536,t=3,p=4$${"c".repeat(22)}$${"A".repeat(43)}"`]
      const long = row(1).replace("Female", values[0]!).replace(",h,", `,${values[1]!},`)
      const { code, users } = yield* load({ "u.csv": lines(names, long) })
      assert.strictEqual(code, 0)
      assert.deepInclude(users[0], { gender: values[0], password: JSON.parse(values[1]!) })
    }).pipe(Effect.scoped),
  )

  it.live("a file without a header loads with --header", () =>
    Effect.gen(function* () {
      const content = latin1(lines("# 2024", row(1, "José"), row(2)).replaceAll(",", "|"))
      const flags = ["--header", names, "--skip-lines", "1", "--encoding", "latin1"]
      const { code, first, stderr } = yield* load({ "u.csv": content }, flags)
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(first, ["José", "Ada"])
      assert.include(stderr, "u.csv: '|', windows-1252 (given), no header, records from line 2")
    }).pipe(Effect.scoped),
  )

  it.live("a load keeps its format: other flags are refused with exit 2, and start over with --force", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const rejected = Array.from({ length: 30 }, (_, index) => `${index},x`)
      const source = yield* directoryOf({ "u.csv": lines(names, row(1), ...rejected) })
      const begin = ["--source", source, "--geo", "none", "--chunksize", "1", "--max-rejects"]
      const run = (...flags: ReadonlyArray<string>) => etl([...begin, "5", ...flags], env)
      assert.strictEqual((yield* run()).code, 4)
      for (const [flags, kept] of [
        [["--encoding", "koi8-r"], 'encoding "utf-8"'],
        [["--delimiter", ";"], 'delimiter ","'],
        [["--quote", "'"], String.raw`quote "\""`],
        [["--escape", "backslash"], 'escape "doubled"'],
        [["--header", names], "header auto"],
        [["--skip-lines", "0"], "skipped lines auto"],
        [["--comment", "#"], "comment none"],
        [["--short-rows", "null"], 'short rows "reject"'],
        [["--trim", "off"], "trim on"],
        [["--quoted-lines", "keep"], 'quoted lines "reject"'],
      ] as const) {
        const { code, stderr } = yield* run(...flags)
        assert.strictEqual(code, 2, flags.join(" "))
        assert.include(stderr, `started loading with ${kept}. Give the same, or start over. --force starts over.`)
      }
      assert.strictEqual((yield* run("--delimiter", ",", "--encoding", "utf8")).code, 4)
      assert.strictEqual((yield* etl([...begin, "100%", "--short-rows", "null", "--force"], env)).code, 3)
      const [file] = yield* query<{ format: object; load: number }>("select format, load from etl_files")
      assert.deepInclude(file, { load: 2 })
      assert.deepInclude(file!.format, { shortRows: "null", encoding: "utf-8", lineEnd: "LF", trim: true })
    }).pipe(Effect.scoped),
  )
})
