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
  it.live("are all reported at once, on stderr, with a usage line and where to read more", () =>
    Effect.gen(function* () {
      const { stderr } = yield* etl(["run", "--chunk-size", "0", "--bucket", "b", "--max-rejects", "many"])
      assert.strictEqual(
        stderr,
        [
          "Unknown flag --chunk-size. Did you mean --chunksize?",
          "--source PATH is required.",
          'Invalid value "many" for --max-rejects: expected a whole number of records, or a percentage up to 100%, such as 10% or 0.5%.',
          "--bucket requires --aws: add it, or omit --bucket.",
          "Usage: etl run --source PATH [flags]",
          "See: etl run --help",
        ].join("\n"),
      )
    }).pipe(Effect.scoped),
  )

  const source = ["--source", "x"]
  it.live.each([
    [["frob"], [/^Unknown command "frob"\. Commands: run, locate, .*help\.$/]],
    [["rejetcs"], [/^Unknown command "rejetcs"\. Did you mean rejects\?/]],
    [["help", "rejcts"], [/^Invalid value "rejcts" for <name>: expected run, .*, migrating\. Did you mean rejects\?$/]],
    [["-x"], ["Unknown flag -x.", "--source PATH is required."]],
    [
      ["run", ...source, "-xy"],
      ["Unknown flag -x.", "Unknown flag -y."],
    ],
    [["run", ...source, "x", "y"], ['Unexpected arguments "x", "y".']],
    [
      ["--embedded", "e", "rejects"],
      [
        "--source PATH is required.",
        /^Unexpected argument "rejects"\. The command goes before its flags: etl rejects \.\.\.$/,
      ],
    ],
    [
      ["sql", "select 1", "2"],
      ['Unexpected argument "2". etl sql takes one <statement>; quote it if it contains spaces.'],
    ],
    [["sql"], ["<statement> is required."]],
    [["run", ...source, "--source", "y"], ["--source is given 2 times; give it once."]],
    [["run", ...source, "--force", "--force"], ["--force is given 2 times; give it once."]],
    [["run", ...source, "--bucket"], ["--bucket requires a value: --bucket NAME."]],
    [
      ["run", "--source", "--chunksize", "0"],
      ["--source requires a value: --source PATH.", /^Invalid value "0" for --chunksize:/],
    ],
    [["run", ...source, "--chunksize="], ["--chunksize is empty: expected a whole number from 1 to 100000."]],
    [["run", ...source, "--log-level", "lots"], [/^Invalid value "lots" for --log-level: expected all, .*none\.$/]],
    [["run", ...source, "--aws=maybe"], ['Invalid value "maybe" for --aws: expected true or false.']],
    [["run", ...source, "--log-file", "l"], ["Unknown flag --log-file. Did you mean --logfile?"]],
    [["run", ...source, "--database=u"], ["Unknown flag --database. Did you mean --database-url?"]],
    [["run", "--so=f"], ["Unknown flag --so. Did you mean --source?"]],
    [["rnu", ...source], [/^Unknown command "rnu"\. Did you mean run\?/]],
    [["run", "--source", "s3://b/x"], ["--source s3://b/x is an S3 URI: use --aws --bucket b --source x."]],
    [
      ["--aws", "--bucket", "b", "--source", "S3://b"],
      ["--source S3://b is an S3 URI: use --aws --bucket b --source ''."],
    ],
    [["check", "--source", "s3://b/x y/"], [/use --aws --bucket b --source 'x y\/'\.$/]],
    [["rejects", "5"], ['Unexpected argument "5". Did you mean etl rejects --run 5?']],
    [["run", "x y"], ["Unexpected argument \"x y\". Did you mean --source 'x y'?"]],
    [["check", "x"], ['Unexpected argument "x". Did you mean --source x?']],
    [["src"], [/^Unknown command "src"\. Did you mean --source src\? Commands: run, /]],
    [["report", "latest"], [/Did you mean etl report --run latest\?$/]],
    [["report", "a.html"], ['Unexpected argument "a.html".']],
    [["run", "--source", "-", "--cluster"], [/^--source - \(standard input\) cannot be combined with --cluster:/]],
    [["run", ...source, "--geo", "mmdb", "--ip-api-quota", "9"], [/^--ip-api-quota requires --geo ip-api/]],
    [["run", ...source, "--geo", "none", "--locate-for", "9m"], [/^--locate-for requires --geo ip-api/]],
    [["run", ...source, "--geo", "mmdb", "--locations-max-age", "9d"], [/^--locations-max-age requires --geo ip-api/]],
    [["locate", "--geo", "mmdb", "--locations-max-age", "9d"], [/^--locations-max-age requires --geo ip-api/]],
    [["locate", "--geo", "none"], [/^--geo none locates nothing/]],
    [
      ["rejects", "--out", "-"],
      ['Invalid value "-" for --out: expected the name of a file (- is not supported; a file of that name is ./-).'],
    ],
    [
      ["rejects", "--delete", "x", "--run", "y"],
      [/^Invalid value "y" for --run:/, /^Invalid value "x" for --delete:/],
    ],
    [["--log-level", "debug", "rejects", "--outt", "f"], ["Unknown flag --outt. Did you mean --out?"]],
    [["--log-level=debug", "--sourc", "f"], ["Unknown flag --sourc. Did you mean --source?"]],
    [["--completions", "tcsh"], [/^Invalid value "tcsh" for --completions: expected bash, zsh, fish, /]],
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

  it.live("files of a pattern that the shell has expanded: the message names their directory", () =>
    Effect.gen(function* () {
      const directory = yield* directoryOf(Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, "x"])))
      const [first, ...others] = ["a", "b", "c", "d", "e"].map((name) => `${directory}/${name}`)
      const listed = others.slice(0, 3).map((path) => JSON.stringify(path))
      for (const command of ["run", "check"]) {
        assert.deepStrictEqual(yield* problemsOf([command, "--source", first!, ...others]), [
          `Unexpected arguments ${listed.join(", ")} and 1 more. To load several files, name their directory: --source ${directory}, or put the --pattern in quotes.`,
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
    ["run", "password='geheim geheim'"],
    ["check", "password = 'ge\"geheim\\' geheim' user=u"],
    ["rejects", "--run", "password=geheim"],
    ["run", "--database-ur=postgres://u:geheim@h/d"],
    ["rejects", "--run", "postgres://u:geh/eim@h/d", "--database-url", "postgres://u:geheim@h/d"],
  ])("%s shows no password", (args) =>
    Effect.gen(function* () {
      for (const problem of yield* problemsOf(args)) assert.notMatch(problem, /geheim|eim@/)
    }).pipe(Effect.scoped),
  )

  /** Words that are wrong whatever the others are, and the message. */
  const mistakes = [
    [["--chunk-size", "1"], "Unknown flag --chunk-size. Did you mean --chunksize?"],
    [["--frobnicate"], "Unknown flag --frobnicate."],
    [["--concurrency", "99"], 'Invalid value "99" for --concurrency: expected a whole number from 1 to 16.'],
    [["--delimiter=ab"], /^Invalid value "ab" for --delimiter: expected one ASCII character/],
    [["--force", "--force"], "--force is given 2 times; give it once."],
    [["--mapping="], "--mapping is empty: expected the name of a file."],
    [["--sign"], "--sign requires --aws: add it, or omit --sign."],
    [["--region=r"], "--region requires --aws: add it, or omit --region."],
    [["--geo-db", "a", "--geo-db", "b"], "--geo-db requires --geo mmdb: add it, or omit --geo-db."],
    [["--embedded", "e", "--database-url", "u"], /^--database-url and --embedded name two databases/],
  ] as ReadonlyArray<readonly [ReadonlyArray<string>, string | RegExp]>
  /** Words that are right: they must not be reported, nor hide what is wrong. */
  const right = [
    ["--source", "x"],
    ["--max-rejects=5%"],
    ["--locate-for", "3h"],
    ["--aws=false"],
    ["--log-level", "warn"],
  ]

  it.effect.prop(
    "any mistakes, in any order, are all reported, and nothing else is",
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
          const isReported = problems.some((problem) =>
            typeof text === "string" ? problem === text : text.test(problem),
          )
          assert.isTrue(isReported, `${String(text)} in\n${problems.join("\n")}`)
        }
      }).pipe(Effect.scoped),
  )
})
