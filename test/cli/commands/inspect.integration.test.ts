import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { directoryOf, etl, makeDatabase } from "../../utils/etl.ts"

const people = [
  "Client No;Mail;Given name;Joined;Active;Plan",
  "17;ada@example.com;Ada;31/01/2024;yes;gold",
  "18;bo@example.com;Bo;05/02/2024;no;",
  "19;nobody;Cy;07/02/2024;maybe;gold",
  "",
].join("\n")

const nextOf = (stdout: string): ReadonlyArray<string> =>
  (stdout.split("Next:\n")[1] ?? "").split("\n").flatMap((line) => (line.startsWith("  ") ? line.trim() : []))

describe("etl inspect", () => {
  it.live("shows what a file has, and writes nothing", () =>
    Effect.gen(function* () {
      const folder = yield* directoryOf({ "people.csv": people })
      const file = join(folder, "people.csv")
      const { code, stderr, stdout } = yield* etl(["inspect", "--source", file])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stderr, "")
      for (const line of [
        'proof: "Mail" has e-mails in 2 of the next 3 records',
        '"Joined" has days before months: "31/01/2024" on line 2',
        "1 of 3 records would be rejected:",
        '1  email is not a valid e-mail address (line 4: "n... (6 characters)")',
        '1  status is no known word for true or false. Name it in the mapping (line 4: "maybe")',
        "Not loaded: Plan.",
      ]) {
        assert.include(stdout, line)
      }
      assert.match(stdout, /Given name +first_name +3 +text, up to 3 +Ada \| Bo \| Cy/)
      assert.match(stdout, /Joined +created_at +3 +days, DD\/MM\/YYYY/)
      // E-mails are masked.
      assert.notInclude(stdout, "ada@")
      assert.deepStrictEqual(nextOf(stdout), [
        `etl inspect --source ${file} --out people.mapping.json`,
        `etl --source ${file} --mapping people.mapping.json`,
      ])
      assert.deepStrictEqual(readdirSync(folder), ["people.csv"])
    }).pipe(Effect.scoped),
  )

  it.live("writes the mapping with what is proved, and never over another file", () =>
    Effect.gen(function* () {
      const folder = yield* directoryOf({ "people.csv": people })
      const [file, out] = [join(folder, "people.csv"), join(folder, "m.json")]
      const written = yield* etl(["inspect", "--source", file, "--null", "-", "--out", out])
      assert.strictEqual(written.code, 0, written.stderr)
      assert.deepStrictEqual(JSON.parse(readFileSync(out, "utf8")), {
        format: { nullWords: ["-"] },
        columns: {
          "Client No": "source_id",
          Mail: "email",
          "Given name": "first_name",
          Joined: { column: "created_at", format: "DD/MM/YYYY" },
          Active: "status",
        },
      })
      assert.deepStrictEqual(nextOf(written.stdout), [
        `etl check --source ${file} --mapping ${out}`,
        `etl --source ${file} --mapping ${out}`,
      ])
      const again = yield* etl(["inspect", "--source", file, "--out", out])
      assert.strictEqual(again.code, 2)
      assert.include(
        again.stderr,
        `m.json exists and is not replaced. Name another file: --out ${join(folder, "m-2.json")}`,
      )
      const checked = yield* etl(["inspect", "--source", file, "--mapping", out])
      assert.strictEqual(checked.code, 0, checked.stderr)
      assert.include(checked.stdout, "line 1 has all headers of the mapping")
      assert.include(checked.stdout, "1 of 3 records would be rejected:")
    }).pipe(Effect.scoped),
  )

  it.live("leaves to a person what nothing proves, and a load names it until it is decided", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const folder = yield* directoryOf({
        "d.csv": "mail,joined,state\na@example.com,01/02/2024,zu\nb@example.com,03/04/2024,auf\n",
      })
      const [file, out] = [join(folder, "d.csv"), join(folder, "m.json")]
      const written = yield* etl(["inspect", "--source", file, "--out", out], env)
      assert.include(
        written.stdout,
        '"joined" has days that could be MM/DD/YYYY or DD/MM/YYYY (nothing shows which: "01/02/2024" on line 2)',
      )
      assert.include(written.stdout, '"state" has words of which nothing shows which is true.')
      assert.include(
        written.stdout,
        `The mapping is in ${out}. Write the right choice in place of each "?" in it, or remove its line.`,
      )
      assert.deepStrictEqual(nextOf(written.stdout)[0], `etl inspect --source ${file} --mapping ${out}`)
      const load = ["--source", file, "--mapping", out, "--geo", "none"]
      const open = yield* etl(load, env)
      assert.strictEqual(open.code, 2)
      assert.include(open.stderr, '"joined": format is "?": write one of "MM/DD/YYYY", "DD/MM/YYYY"')
      assert.include(open.stderr, '"state": true is ["?"]')
      const text = readFileSync(out, "utf8")
      writeFileSync(
        out,
        text
          .replace('"format": "?"', '"format": "DD/MM/YYYY"')
          .replace('"true": ["?"]', '"true": ["auf"]')
          .replace('"false": ["?"]', '"false": ["zu"]'),
      )
      const loaded = yield* etl(load, env)
      assert.strictEqual(loaded.code, 0, loaded.stderr)
      assert.deepStrictEqual(yield* query("select created_at::text as day, status from users order by email"), [
        { day: "2024-02-01", status: false },
        { day: "2024-04-03", status: true },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("makes one mapping for layouts with other headers for the same columns, else prints a command for each", () =>
    Effect.gen(function* () {
      const { env, query } = yield* makeDatabase
      const row = (email: string) => `${email},Ada\n`
      const folder = yield* directoryOf({
        "a.csv": `Email,First name\n${row("a@example.com")}`,
        "b.csv": `E-Mail Address,Vorname\n${row("b@example.com")}`,
        "c.csv": `Email,First name\n${row("c@example.com")}`,
      })
      const out = join(folder, "m.json")
      const one = yield* etl(["inspect", "--source", folder, "--out", out], env)
      assert.strictEqual(one.code, 0, one.stderr)
      assert.include(one.stdout, "a.csv, c.csv\n")
      const loaded = yield* etl(["--source", folder, "--mapping", out, "--geo", "none"], env)
      assert.strictEqual(loaded.code, 0, loaded.stderr)
      assert.deepStrictEqual(
        yield* query("select count(*)::int as users, count(first_name)::int as names from users"),
        [{ users: 3, names: 3 }],
      )
      writeFileSync(join(folder, "d.csv"), `Email,Last name\n${row("d@example.com")}`)
      const several = yield* etl(["inspect", "--source", folder], env)
      assert.deepStrictEqual(nextOf(several.stdout), [
        `etl inspect --source ${folder} --pattern '{a.csv,c.csv}' --out a.mapping.json`,
        ...["b", "d"].map((name) => `etl inspect --source ${join(folder, `${name}.csv`)} --out ${name}.mapping.json`),
      ])
      const pattern = ["--source", folder, "--pattern", "{a.csv,c.csv}"]
      const ofPattern = yield* etl(["inspect", ...pattern, "--out", join(folder, "ac.json")], env)
      assert.include(ofPattern.stdout, "a.csv, c.csv\n")
      assert.strictEqual(
        nextOf(ofPattern.stdout)[1],
        `etl --source ${folder} --pattern '{a.csv,c.csv}' --mapping ${join(folder, "ac.json")}`,
      )
      const other = join(folder, "other.json")
      const refused = yield* etl(["inspect", "--source", folder, "--out", other], env)
      assert.strictEqual(refused.code, 2)
      assert.include(refused.stderr, "is not written: one mapping does not fit all layouts of these files")
      assert.isFalse(existsSync(other))
    }).pipe(Effect.scoped),
  )

  it.live("shows the others where a file cannot be read, and exits with 5", () =>
    Effect.gen(function* () {
      const folder = yield* directoryOf({ "bad.csv": Buffer.from("PK\u0003\u0004"), "people.csv": people })
      const { code, stdout } = yield* etl(["inspect", "--source", folder])
      assert.strictEqual(code, 5)
      assert.match(stdout, /^people\.csv$/m)
      assert.match(stdout, /bad\.csv: .*ZIP/)
    }).pipe(Effect.scoped),
  )

  it.live("lists days that no name explains, and leaves them out", () =>
    Effect.gen(function* () {
      const folder = yield* directoryOf({ "d.csv": "mail,seen,born\na@example.com,2024-01-02,1990-03-04\n" })
      const { stdout } = yield* etl(["inspect", "--source", join(folder, "d.csv")])
      for (const name of ["seen", "born"]) {
        assert.include(
          stdout,
          `"${name}" could be created_at or updated_at: its values are days, and its name does not say which.`,
        )
      }
      assert.include(stdout, "Not loaded: seen, born.")
      assert.lengthOf(nextOf(stdout), 2)
    }).pipe(Effect.scoped),
  )

  it.live("says where values alone propose a column", () =>
    Effect.gen(function* () {
      const folder = yield* directoryOf({ "v.csv": "boss,build\na@example.com,4.18.2.0\nb@example.com,4.18.2.1\n" })
      const { stdout } = yield* etl(["inspect", "--source", join(folder, "v.csv")])
      assert.include(
        stdout,
        '"boss" is taken for email by its values alone: each different one becomes a row of users.',
      )
      assert.include(stdout, '"build" is taken for ip_address by its values alone: a load looks up their places.')
    }).pipe(Effect.scoped),
  )

  it.live("counts the words that would be rejected, and names one of values that are all different", () =>
    Effect.gen(function* () {
      const words = ["yes", "no", "yes", "no", "yes", "no", "yes", "no", "left", "left", "left", "away", "away", "else"]
      const rows = words.map(
        (word, index) => `u${index}@example.com,${word},${`2024-02-${index < 3 ? 30 + index : 10 + index}`}\n`,
      )
      const folder = yield* directoryOf({ "w.csv": `mail,status,created\n${rows.join("")}` })
      const { stdout } = yield* etl(["inspect", "--source", join(folder, "w.csv")])
      assert.include(stdout, '(lines 10, 11, 12, ...: "left" 3, "away" 2, ...)')
      assert.include(stdout, '(lines 2, 3, 4: "2024-02-30", ...)')
      assert.include(stdout, '"status" has unknown words: "left" 3, "away" 2, "else" 1. Name them in the mapping')
    }).pipe(Effect.scoped),
  )

  it.live("keeps the flags in the command of each layout", () =>
    Effect.gen(function* () {
      const folder = yield* directoryOf({ "a.csv": "Email|Name\na@b.de|A\n", "b.csv": "Mail|IP\na@b.de|1.1.1.1\n" })
      const { stdout } = yield* etl(["inspect", "--delimiter", "|", "--source", folder, "--pattern", "*.csv"])
      assert.deepStrictEqual(
        nextOf(stdout),
        ["a", "b"].map(
          (name) => `etl inspect --source ${join(folder, `${name}.csv`)} --delimiter '|' --out ${name}.mapping.json`,
        ),
      )
    }).pipe(Effect.scoped),
  )

  it.live("prints one JSON object", () =>
    Effect.gen(function* () {
      const folder = yield* directoryOf({ "people.csv": people })
      const { stdout } = yield* etl(["inspect", "--source", join(folder, "people.csv"), "--json"])
      const { layouts, mapping, next, problems } = JSON.parse(stdout)
      assert.lengthOf(layouts, 1)
      assert.deepInclude(layouts[0], { files: [join(folder, "people.csv")], records: 3, notLoaded: ["Plan"], mapping })
      assert.strictEqual(mapping.columns.Mail, "email")
      assert.lengthOf(next, 2)
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.scoped),
  )

  it.live("names the fields of a file without a header, which loads then", () =>
    Effect.gen(function* () {
      const { env } = yield* makeDatabase
      const folder = yield* directoryOf({ "n.csv": "1,ada@example.com\n2,bo@example.com\n" })
      const [file, out] = [join(folder, "n.csv"), join(folder, "m.json")]
      const { stdout } = yield* etl(["inspect", "--source", file, "--out", out])
      assert.include(stdout, "The first line is a record: the mapping names the fields column 1, column 2, ...")
      const loaded = yield* etl(["--source", file, "--mapping", out, "--geo", "none"], env)
      assert.strictEqual(loaded.code, 0, loaded.stderr)
      assert.match(loaded.stdout, /inserted +2 /)
      const named = yield* etl(["inspect", "--source", file, "--header", "id,mail"])
      assert.match(named.stdout, /mail +email +2 +e-mails/)
    }).pipe(Effect.scoped),
  )

  it.effect("refuses --out with --mapping", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* etl(["inspect", "--source", "a.csv", "--mapping", "m.json", "--out", "n.json"])
      assert.strictEqual(code, 2)
      assert.include(stderr, "--out cannot be combined with --mapping")
    }),
  )
})
