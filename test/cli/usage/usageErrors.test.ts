import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { directoryOf, etl } from "../../utils/etl.ts"

/** What is wrong, a sentence each, without the lines that end each usage error. */
const problemsOf = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  const { code, stderr, stdout } = yield* etl(args)
  assert.deepStrictEqual([code, stdout], [2, ""], stderr)
  const lines = stderr.split("\n")
  assert.match(lines.at(-2) ?? "", /^Usage: etl /)
  assert.match(lines.at(-1) ?? "", /^See: etl .*--help$/)
  return lines.slice(0, -2)
})

describe("usage errors", () => {
  it.live("are told all at once, on stderr, with a usage line and where to read on", () =>
    Effect.gen(function* () {
      const { stderr } = yield* etl(["run", "--chunk-size", "0", "--bucket", "b", "--max-rejects", "many"])
      assert.strictEqual(
        stderr,
        [
          "--chunk-size: there is no such flag. Did you mean --chunksize?",
          "--source PATH is missing: it is required.",
          '--max-rejects: "many"; expected a whole number of records, or a percentage such as 10% or 0.5%.',
          "--bucket is for S3: add --aws, or leave it out.",
          "Usage: etl run --source PATH [flags]",
          "See: etl run --help",
        ].join("\n"),
      )
    }).pipe(Effect.scoped),
  )

  const source = ["--source", "x"]
  it.live.each([
    [["frob"], [/^"frob" is no command\. Commands: run, locate, .*help\.$/]],
    [["rejetcs"], [/^"rejetcs" is no command\. Did you mean rejects\?/]],
    [["help", "rejcts"], [/^<command>: "rejcts"; expected run, .*help\. Did you mean rejects\?$/]],
    [["-x"], ["-x: there is no such flag.", /^--source PATH is missing/]],
    [
      ["run", ...source, "-xy"],
      [/^-x:/, /^-y:/],
    ],
    [["run", ...source, "x", "y"], ['"x", "y": too much. etl run takes flags and their values only.']],
    [
      ["--embedded", "e", "rejects"],
      [/^--source PATH is missing/, /A command goes before its flags: etl rejects \.\.\.$/],
    ],
    [["sql", "select 1", "2"], ['"2": too much. etl sql takes one <statement> (in quotes, where it has spaces).']],
    [["sql"], ["<statement> is missing: it is required."]],
    [["run", ...source, "--source", "y"], ["--source is given 2 times; give it once."]],
    [["run", ...source, "--force", "--force"], ["--force is given 2 times; give it once."]],
    [["run", ...source, "--bucket"], ["--bucket stands without a value: --bucket NAME."]],
    [
      ["run", "--source", "--chunksize", "0"],
      [/^--source stands without a value/, /^--chunksize: "0"/],
    ],
    [["run", ...source, "--chunksize="], ["--chunksize is empty; expected a whole number from 1 to 100000."]],
    [["run", ...source, "--log-level", "lots"], [/^--log-level: "lots"; expected all, .*none\.$/]],
    [["run", ...source, "--aws=maybe"], ['--aws: "maybe"; expected true or false.']],
    [["run", ...source, "--log-file", "l"], ["--log-file: there is no such flag. Did you mean --logfile?"]],
    [["run", ...source, "--database=u"], ["--database: there is no such flag. Did you mean --database-url?"]],
    [["run", "--so=f"], ["--so: there is no such flag. Did you mean --source?"]],
    [["rnu", ...source], [/^"rnu" is no command\. Did you mean run\?/]],
    [["run", "--source", "s3://b/x"], ["--source s3://b/x is an S3 URI: give --aws --bucket b --source x."]],
    [
      ["--aws", "--bucket", "b", "--source", "S3://b"],
      ["--source S3://b is an S3 URI: give --aws --bucket b --source ''."],
    ],
    [["check", "--source", "s3://b/x y/"], [/give --aws --bucket b --source 'x y\/'\.$/]],
    [
      ["rejects", "5"],
      ['"5": too much. etl rejects takes flags and their values only. For that run: etl rejects --run 5'],
    ],
    [["report", "latest"], [/For that run: etl report --run latest$/]],
    [["report", "a.html"], ['"a.html": too much. etl report takes flags and their values only.']],
    [["run", "--source", "-"], ["--source -: standard input is not read: name a directory or a file."]],
    [["run", ...source, "--geo", "mmdb", "--ip-api-quota", "9"], [/^--ip-api-quota is for --geo ip-api/]],
    [["run", ...source, "--geo", "none", "--locate-for", "9m"], [/^--locate-for is for --geo ip-api/]],
    [["run", ...source, "--geo", "mmdb", "--locations-max-age", "9d"], [/^--locations-max-age is for --geo ip-api/]],
    [["locate", "--geo", "none"], [/^--geo none locates nothing/]],
    [
      ["rejects", "--out", "-"],
      ['--out: "-"; expected the name of a file, which - is not here (./- is one of that name).'],
    ],
    [
      ["rejects", "--delete", "x", "--run", "y"],
      [/^--run: "y"/, /^--delete: "x"/],
    ],
    [["--log-level", "debug", "rejects", "--outt", "f"], [/^--outt: .* --out\?$/]],
    [["--log-level=debug", "--sourc", "f"], ["--sourc: there is no such flag. Did you mean --source?"]],
    [["--completions", "tcsh"], [/^--completions: "tcsh"; expected bash, zsh, fish, /]],
  ] as ReadonlyArray<readonly [ReadonlyArray<string>, ReadonlyArray<string | RegExp>]>)("%s", ([args, expected]) =>
    Effect.gen(function* () {
      const problems = yield* problemsOf(args)
      assert.strictEqual(problems.length, expected.length, problems.join("\n"))
      for (const [index, text] of expected.entries()) {
        if (typeof text === "string") assert.strictEqual(problems[index], text)
        else assert.match(problems[index] ?? "", text)
      }
    }).pipe(Effect.scoped),
  )

  it.live("a pattern that the shell has made files of is told to name their directory", () =>
    Effect.gen(function* () {
      const directory = yield* directoryOf(Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, "x"])))
      const [first, ...others] = ["a", "b", "c", "d", "e"].map((name) => `${directory}/${name}`)
      const listed = others.slice(0, 3).map((path) => JSON.stringify(path))
      for (const command of ["run", "check"]) {
        assert.deepStrictEqual(yield* problemsOf([command, "--source", first!, ...others]), [
          `${listed.join(", ")} and 1 more: too much. etl ${command} takes flags and their values only. To load several files, name their directory instead: --source ${directory}`,
        ])
      }
      assert.notMatch((yield* problemsOf(["run", "--source", first!, "no such file"]))[0]!, /directory/)
    }).pipe(Effect.scoped),
  )

  it.live.each([
    ["run", "postgres://u:geheim@h/d"],
    ["postgres://u:geheim@h/d"],
    ["run", "--database-ur", "postgres://u:geheim@h/d"],
    ["sql", "select 1", "host=h password=geheim"],
    ["sql", "select 1", "host=h password = 'ge\"geheim\\' geheim' user=u"],
    ["sql", "select 1", "postgres:///d?user=a&password=geheim&sslpassword=geheim"],
    ["run", "DB_PASS=geheim", "PGPASSWORD=geheim"],
    ["rejects", "--run", "password=geheim"],
    ["run", "--database-ur=postgres://u:geheim@h/d"],
    ["rejects", "--run", "postgres://u:geh/eim@h/d", "--database-url", "postgres://u:geheim@h/d"],
  ])("%s tells no password", (args) =>
    Effect.gen(function* () {
      for (const problem of yield* problemsOf(args)) assert.notMatch(problem, /geheim|eim@/)
    }).pipe(Effect.scoped),
  )

  /** Words that are wrong whatever stands beside them, and how that is told. */
  const mistakes = [
    [["--chunk-size", "1"], "--chunk-size: there is no such flag. Did you mean --chunksize?"],
    [["--frobnicate"], "--frobnicate: there is no such flag."],
    [["--concurrency", "99"], '--concurrency: "99"; expected a whole number from 1 to 16.'],
    [["--delimiter=ab"], /^--delimiter: "ab"; expected one printable ASCII character/],
    [["--force", "--force"], "--force is given 2 times; give it once."],
    [["--mapping="], "--mapping is empty; expected the name of a file."],
    [["--sign"], "--sign is for S3: add --aws, or leave it out."],
    [["--region=r"], "--region is for S3: add --aws, or leave it out."],
    [["--geo-db", "a", "--geo-db", "b"], "--geo-db is for --geo mmdb: add it, or leave --geo-db out."],
    [["--embedded", "e", "--database-url", "u"], /^--database-url and --embedded name two databases/],
  ] as ReadonlyArray<readonly [ReadonlyArray<string>, string | RegExp]>
  /** Words that are right, which must not be told, nor hide what is wrong. */
  const right = [
    ["--source", "x"],
    ["--max-rejects=5%"],
    ["--locate-for", "3h"],
    ["--aws=false"],
    ["--log-level", "warn"],
  ]

  it.effect.prop(
    "any mistakes, in any order, are all told, and nothing else is",
    {
      chosen: Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: mistakes.length - 1 }))),
      shift: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
    },
    ({ chosen, shift }) =>
      Effect.gen(function* () {
        const made = [...new Set(chosen)].map((index) => mistakes[index]!)
        const parts = [...right, ...made.map(([words]) => words)]
        const turn = shift % parts.length
        const problems = yield* problemsOf(["run", ...parts.slice(turn).flat(), ...parts.slice(0, turn).flat()])
        assert.strictEqual(problems.length, made.length, problems.join("\n"))
        for (const [, text] of made) {
          const isTold = problems.some((problem) => (typeof text === "string" ? problem === text : text.test(problem)))
          assert.isTrue(isTold, `${String(text)} in\n${problems.join("\n")}`)
        }
      }).pipe(Effect.scoped),
  )
})
