import { PgClient } from "@effect/sql-pg"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema, Deferred } from "effect"
import * as PgReportRepo from "../../../src/postgres/report/PgReportRepo.ts"
import { ReportRepo } from "../../../src/repo/ReportRepo.ts"
import { RunRepo } from "../../../src/repo/RunRepo.ts"
import { clear, embedded, native, repos } from "../../utils/repos.ts"
import { tries } from "../../utils/tries.ts"

const read = (run: number | "latest" = "latest") => Effect.flatMap(ReportRepo, (reports) => reports.read(run))

/** Adds users: each has what is given, an e-mail of its own, and nothing else. */
const addUsers = Effect.fnUntraced(function* (users: ReadonlyArray<Readonly<Record<string, unknown>>>) {
  const sql = yield* PgClient.PgClient
  yield* sql`
    insert into users (email, updated, migrated_at, file_id, byte_offset, first_name, gender, ip_address, created_at, status,
      latitude, longitude, country, region, city, isp_name, extra)
    select 'user' || number || '@example.com', false, now(), 1, number, first_name, gender, ip_address, created_at, status,
      latitude, longitude, country, region, city, isp_name, extra
    from jsonb_array_elements(${JSON.stringify(users)}::jsonb) with ordinality as u (value, number)
    cross join jsonb_to_record(u.value) as r (first_name text, gender text, ip_address text, created_at date,
      status boolean, latitude float8, longitude float8, country text, region text, city text, isp_name text, extra jsonb)`
})

const addRun = Effect.fnUntraced(function* (run: Readonly<Record<string, unknown>> = {}) {
  const sql = yield* PgClient.PgClient
  const [added] = yield* sql<{ id: number }>`
    insert into etl_runs ${sql.insert({ source: "/data", mapping: "m", ...run })} returning id::float8 as id`
  return added!.id
})

const repeat = <A>(times: number, value: A): ReadonlyArray<A> => Array.from({ length: times }, () => value)

const Name = Schema.Literals(["Ada", "Bob", " Ada ", "", "Ü"])
const SomeUser = Schema.Struct({
  gender: Schema.NullOr(Name),
  isp_name: Schema.NullOr(Name),
  city: Schema.NullOr(Name),
  country: Schema.NullOr(Name),
  status: Schema.NullOr(Schema.Boolean),
  latitude: Schema.NullOr(Schema.Literals([-90, 0.4, 12.6, 90])),
})

/** How many users have each value, the most frequent first: what the database is to say. */
const rankingOf = (values: ReadonlyArray<string | null>) => {
  const named = values.map((value) => value?.trim() ?? "").filter((value) => value !== "")
  const groups = Map.groupBy(named, (value) => value)
  const top = Array.from(groups, ([name, { length }]) => ({ name, users: length })).sort(
    (left, right) => right.users - left.users || (left.name < right.name ? -1 : 1),
  )
  return { top, distinct: groups.size, users: named.length }
}

for (const [name, database] of [
  ["a server", repos(native)],
  ["the embedded database", repos(embedded)],
] as const) {
  const live = PgReportRepo.layer.pipe(Layer.provideMerge(database))

  layer(live, { timeout: 120_000, excludeTestServices: true })(`PgReportRepo of ${name}`, (it) => {
    describe("read", () => {
      it.effect("tells of an empty database that it is empty", () =>
        Effect.gen(function* () {
          yield* clear
          const { columns, run, runs, timeline, users } = yield* read()
          assert.deepStrictEqual(users, { total: 0, located: 0, byService: 0, active: 0, inactive: 0 })
          assert.deepStrictEqual(timeline, { unit: "century", spans: [], before: 0, after: 0, missing: 0 })
          assert.deepStrictEqual([run, runs], [null, []])
          assert.isTrue(columns.every(({ filled, longest }) => filled === 0 && longest === null))
        }),
      )

      it.effect("counts users by place, status and gender, and what each column holds", () =>
        Effect.gen(function* () {
          yield* clear
          const berlin = { country: "Germany", region: "Berlin", city: "Berlin", latitude: 52.5, longitude: 13.4 }
          const vienna = { country: "Austria", region: "Vienna", city: "Vienna", latitude: 48.2, longitude: 16.4 }
          yield* addUsers([
            ...repeat(2, { ...berlin, gender: "Female", status: true, isp_name: "A" }),
            // A service had answered another place, before a local database told this one.
            { ...berlin, gender: "Female", status: true, isp_name: "A", ip_address: "192.0.2.2" },
            { ...berlin, latitude: 52.4, status: false, isp_name: "  " },
            { ...vienna, gender: "Male", isp_name: "B", ip_address: "192.0.2.1" },
            // A country alone, nothing, what is nowhere on earth, and another Berlin.
            { country: "Austria", first_name: "Žofia", extra: { phone: "1" } },
            { first_name: "", gender: "Female" },
            { latitude: 91, longitude: 0, city: "Nowhere" },
            { country: "United States", region: "New Hampshire", city: "Berlin", latitude: 44.5, longitude: -71.2 },
          ])
          const sql = yield* PgClient.PgClient
          yield* sql`insert into ip_locations (address, status, latitude, longitude, provider)
            values ('192.0.2.1', 'located', 48.2, 16.4, 'ip-api.com'), ('192.0.2.2', 'located', 52.4, 13.4, 'ip-api.com')`

          const report = yield* read()
          assert.deepStrictEqual(report.users, { total: 9, located: 7, byService: 1, active: 3, inactive: 1 })
          assert.deepStrictEqual(
            report.countries.top.map(({ name, users }) => [name, users]),
            [
              ["Germany", 4],
              ["Austria", 2],
              ["United States", 1],
            ],
          )
          assert.deepStrictEqual(report.countries.top[1]!.place, { latitude: 48.2, longitude: 16.4 })
          assert.deepInclude(report.countries, { distinct: 3, users: 7 })
          assert.deepStrictEqual(
            report.cities.top.map(({ name, region, users }) => [name, region, users]),
            [
              ["Berlin", "Berlin", 4],
              ["Berlin", "New Hampshire", 1],
              ["Nowhere", null, 1],
              ["Vienna", "Vienna", 1],
            ],
          )
          assert.deepStrictEqual(report.isps, {
            top: [
              { name: "A", users: 3 },
              { name: "B", users: 1 },
            ],
            distinct: 2,
            users: 4,
          })
          assert.deepInclude(report.genders, { distinct: 2, users: 5 })
          assert.deepStrictEqual(
            report.bins.map(({ users }) => users),
            [4, 1, 1],
          )
          const tableColumns = yield* sql<{ name: string }>`
            select attname as name from pg_attribute
            where attrelid = 'users'::regclass and attnum > 0 and not attisdropped order by attnum`
          assert.deepStrictEqual(
            report.columns.map(({ column }) => column),
            tableColumns
              .map(({ name }) => name)
              .filter(
                (name) => !["id", "updated", "migrated_at", "file_id", "byte_offset", "updated_instant"].includes(name),
              ),
          )
          const columns = new Map(report.columns.map((column) => [column.column, column]))
          assert.deepInclude(columns.get("first_name")!, { filled: 1, longest: 5, limit: 80 })
          assert.deepInclude(columns.get("email")!, { filled: 9, longest: 17, limit: 320 })
          assert.deepInclude(columns.get("latitude")!, { filled: 7, longest: null, limit: null })
          assert.deepInclude(columns.get("extra")!, { filled: 1, longest: null, limit: null })
        }),
      )

      it.effect.prop(
        "counts any users as one would by hand",
        { users: Schema.Array(SomeUser) },
        ({ users }) =>
          Effect.gen(function* () {
            yield* clear
            yield* addUsers(users.map((user) => Object.assign({ longitude: user.latitude }, user)))
            const { bins, cities, countries, genders, isps, users: totals } = yield* read()
            const count = (accepts: (user: typeof SomeUser.Type) => boolean) => users.filter(accepts).length
            assert.deepStrictEqual(totals, {
              total: users.length,
              located: count(({ latitude }) => latitude !== null),
              byService: 0,
              active: count(({ status }) => status === true),
              inactive: count(({ status }) => status === false),
            })
            assert.deepStrictEqual(genders, rankingOf(users.map(({ gender }) => gender)))
            assert.deepStrictEqual(isps, rankingOf(users.map(({ isp_name }) => isp_name)))
            const named = countries.top.map(({ name, users }) => ({ name, users }))
            assert.deepStrictEqual({ ...countries, top: named }, rankingOf(users.map(({ country }) => country)))
            assert.strictEqual(cities.users, rankingOf(users.map(({ city }) => city)).users)
            for (const { latitude, users } of bins) {
              assert.strictEqual(
                users,
                count((user) => user.latitude !== null && Math.abs(user.latitude - latitude) < 1e-9),
              )
            }
            assert.strictEqual(
              bins.reduce((sum, { users }) => sum + users, 0),
              totals.located,
            )
          }),
        { arbitrary: { runs: tries(15, 100) } },
      )

      it.effect(
        "takes the shortest spans of time of which there are few, and leaves out days far from all others",
        () =>
          Effect.gen(function* () {
            const timelineOf = Effect.fnUntraced(function* (days: ReadonlyArray<string>) {
              yield* clear
              yield* addUsers([...days.map((created_at) => ({ created_at })), {}])
              const { timeline } = yield* read()
              assert.strictEqual(timeline.missing, 1)
              const { after, before, spans, unit } = timeline
              assert.strictEqual(
                spans.reduce((sum, { users }) => sum + users, before + after),
                days.length,
              )
              return { unit, starts: spans.map(({ start }) => start), before, after }
            })
            assert.deepStrictEqual(yield* timelineOf(["2024-02-29"]), {
              unit: "day",
              starts: ["2024-02-29"],
              before: 0,
              after: 0,
            })
            assert.deepInclude(yield* timelineOf(["2024-01-03", "2024-06-05"]), {
              unit: "week",
              starts: ["2024-01-01", "2024-06-03"],
            })
            assert.deepInclude(yield* timelineOf(["2014-03-31", "2024-06-05"]), {
              unit: "month",
              starts: ["2014-03-01", "2024-06-01"],
            })
            assert.deepInclude(yield* timelineOf(["0001-01-01", "9999-12-31"]), {
              unit: "century",
              starts: ["0001-01-01", "9901-01-01"],
            })
            assert.deepStrictEqual(
              yield* timelineOf([
                "0001-01-01",
                ...repeat(300, "2024-06-05"),
                ...repeat(300, "2024-06-07"),
                "9999-12-31",
              ]),
              { unit: "day", starts: ["2024-06-05", "2024-06-07"], before: 1, after: 1 },
            )
          }),
      )

      it.effect("tells of the run that was asked for: its rejects by reason, without what a constraint quotes", () =>
        Effect.gen(function* () {
          yield* clear
          const sql = yield* PgClient.PgClient
          const first = yield* addRun({
            attempted_at: new Date(Date.now() - 1000),
            finished_at: new Date(),
            ended_at: new Date(),
            exit_code: 3,
            rejected: 3,
            milliseconds: 12,
          })
          const second = yield* addRun()
          yield* sql`insert into etl_files (uri, fingerprint, size, run_id, mapping)
            values ('/data/a.csv', '1', 1, ${first}, 'm'), ('/data/b.csv', '1', 1, ${first}, 'm')`
          const refused = {
            column: "gender",
            message: "was refused by PostgreSQL (SQLSTATE 23514)",
            detail: "Failing row contains (Canary)",
          }
          const email = { column: "email", message: "is missing" }
          for (const [file, offset, line, reasons] of [
            [2, 10, 2, [refused, email]],
            [1, 900, 12, [email]],
            [1, 1000, 13, [{ ...refused, detail: "Canary 2" }]],
          ] as const) {
            yield* sql`insert into etl_rejects (file_id, byte_offset, line, length, raw, reasons, run_id)
              values (${file}, ${offset}, ${line}, 6, ${new TextEncoder().encode("Canary")}, ${JSON.stringify(reasons)}::jsonb, ${first})`
          }

          const latest = yield* read()
          assert.strictEqual(latest.run?.runId, second)
          assert.deepInclude(latest.rejects, { kept: 0, reasons: [] })

          const { rejects, run, runs } = yield* read(first)
          assert.deepInclude(run!, { runId: first, state: "finished", exitCode: 3, milliseconds: 12, stages: null })
          assert.deepStrictEqual(
            runs.map(({ runId }) => runId),
            [second, first],
          )
          assert.deepStrictEqual(rejects, {
            kept: 3,
            distinct: 2,
            reasons: [
              { ...email, records: 2, example: { uri: "/data/a.csv", line: 12 } },
              {
                column: "gender",
                message: refused.message,
                records: 2,
                example: { uri: "/data/a.csv", line: 13 },
              },
            ],
          })
          assert.notInclude(JSON.stringify(yield* read(first)), "Canary")
        }),
      )

      it.effect("tells how runs stand", () =>
        Effect.gen(function* () {
          yield* clear
          const sql = yield* PgClient.PgClient
          yield* addRun({ source: "/finished", finished_at: new Date(), ended_at: new Date() })
          yield* addRun({ source: "/unfinished", ended_at: new Date(), exit_code: 5 })
          yield* addRun({ source: "/killed" })
          yield* sql`insert into etl_files (uri, fingerprint, size, run_id, mapping)
            select source, '1', 1, id, 'm' from etl_runs`
          yield* addRun({ source: "/known", finished_at: new Date(), ended_at: new Date() })
          yield* addRun({ source: "/typo", ended_at: new Date(), exit_code: 5 })
          yield* addRun({ source: "/killed/early" })
          const states = Effect.map(read(), ({ runs }) =>
            Object.fromEntries(runs.map(({ source, state }) => [source, String(state)])),
          )
          const stood = {
            "/finished": "finished",
            "/unfinished": "unfinished",
            "/killed": "unfinished",
            "/known": "nothing to do",
            "/typo": "failed",
            "/killed/early": "failed",
          }
          assert.deepStrictEqual(yield* states, stood)

          if (name !== "a server") return
          const runRepo = yield* RunRepo
          yield* runRepo.begin({ source: "/running", mapping: "m", force: false })
          assert.deepStrictEqual(yield* states, { ...stood, "/running": "running" })
        }).pipe(Effect.scoped),
      )

      if (name === "a server") {
        it.effect("tells of one moment, whatever is written meanwhile", () =>
          Effect.gen(function* () {
            yield* clear
            const sql = yield* PgClient.PgClient
            yield* addUsers([{ gender: "Female" }])
            const locked = yield* Deferred.make<void>()
            const reporting = yield* Effect.forkChild(Effect.andThen(Deferred.await(locked), read()))
            yield* sql.withTransaction(
              Effect.gen(function* () {
                // The report has counted the users when it comes to this table, and then waits.
                yield* sql`lock table ip_locations in access exclusive mode`
                yield* Deferred.succeed(locked, undefined)
                const waits = sql`select from pg_locks where not granted and relation = 'ip_locations'::regclass`
                while ((yield* waits).length === 0) yield* Effect.sleep("10 millis")
                yield* sql`insert into users (email, updated, migrated_at, file_id, byte_offset, gender)
                  values ('late@example.com', false, now(), 1, 1, 'Male')`
              }),
            )
            const { genders, timeline, users } = yield* Fiber.join(reporting)
            assert.strictEqual(users.total, 1)
            assert.deepStrictEqual(genders.top, [{ name: "Female", users: 1 }])
            assert.strictEqual(timeline.missing, 1)
          }),
        )
      }

      it.effect("tells how the queue stands", () =>
        Effect.gen(function* () {
          yield* clear
          const sql = yield* PgClient.PgClient
          yield* sql`insert into ip_locations (address, status, reason, claimed_until) values
            ('192.0.2.1', 'pending', null, now() + interval '1 minute'), ('192.0.2.2', 'pending', null, null),
            ('192.0.2.3', 'located', null, null), ('10.0.0.1', 'unlocatable', 'private', null)`
          assert.deepStrictEqual((yield* read()).queue, {
            waiting: 2,
            claimed: 1,
            located: 1,
            unlocatable: [{ reason: "private", addresses: 1 }],
          })
        }),
      )

      it.effect("names the latest run where there is none of that number, and says what to do without one", () =>
        Effect.gen(function* () {
          yield* clear
          assert.include((yield* Effect.flip(read(7))).message, "has no run yet. Load files first.")
          yield* addRun()
          assert.strictEqual((yield* Effect.flip(read(7))).message, "There is no run 7. The latest is 1.")
        }),
      )
    })
  })
}
