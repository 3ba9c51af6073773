import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { version } from "../../src/observability/version.ts"
import { runEtl } from "../faults/etlProcess.ts"
import { attributesOf, collector } from "../utils/collector.ts"
import { directoryOf, etl, makeDatabase } from "../utils/etl.ts"
import { behaviours, fakeIpApi } from "../utils/ipApi.ts"

const mapping = '{ "email": "email", "ip": "ip_address", "password": "password" }'

const users = (from: number, count: number) =>
  ["email,ip,password"]
    .concat(
      Array.from({ length: count }, (_, index) => `user${from + index}@example.com,8.8.${from}.${index},canary-hash`),
    )
    .join("\n")

/** A folder of two files, one with a reject; an empty database; and the command that loads the one into the other. */
const makeSetting = Effect.gen(function* () {
  const cwd = yield* directoryOf({
    "mapping.json": mapping,
    "a.csv": users(1, 25),
    "b.csv": `${users(100, 5)}\nnobody,8.8.8.8,canary-hash\n`,
  })
  const { env, query } = yield* makeDatabase
  const argsOf = (flags: ReadonlyArray<string>) =>
    ["--source", cwd, "--mapping", join(cwd, "mapping.json")].concat(
      flags.includes("--chunksize") ? [] : ["--chunksize", "10"],
      flags,
    )
  const envOf = (more: Readonly<Record<string, string>>) => ({
    ...env,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    ...more,
  })
  const run = (more: Readonly<Record<string, string>>, flags: ReadonlyArray<string> = []) =>
    Effect.map(etl(argsOf(flags), envOf(more)), ({ code, stderr, stdout }) => ({
      code,
      output: `${stdout}\n${stderr}`,
    }))
  /** Metrics are of a process. */
  const runAlone = (more: Readonly<Record<string, string>>, flags: ReadonlyArray<string> = []) =>
    runEtl({ cwd, args: argsOf(flags), env: envOf(more) })
  return { cwd, env, query, run, runAlone }
})

describe("Telemetry", () => {
  it.live("sends the spans of a run, nested as the work is", () =>
    Effect.gen(function* () {
      const { cwd, run } = yield* makeSetting
      const { spans, requests, url } = yield* collector()
      const service = yield* fakeIpApi()
      const { code, output } = yield* run({ OTEL_EXPORTER_OTLP_ENDPOINT: url, IP_API_URL: service.url })
      assert.strictEqual(code, 3, output)

      const byId = new Map(spans().map((span) => [span.spanId, span]))
      const path = (span: { readonly name: string; readonly parentSpanId?: string }): ReadonlyArray<string> => {
        const parent = byId.get(span.parentSpanId ?? "")
        return [...(parent === undefined ? [] : path(parent)), span.name]
      }
      const named = (name: string) =>
        spans()
          .filter((span) => span.name === name)
          .map((span) => ({ path: path(span), attributes: attributesOf(span.attributes) }))

      assert.sameMembers(
        named("Loading.loadFile").map(({ attributes }) => attributes["etl.file.uri"]),
        [join(cwd, "a.csv")],
      )
      const chunks = named("Loading.chunk")
      assert.sameDeepMembers(
        chunks.map(({ attributes }) => [attributes["etl.records.read"], attributes["etl.records.rejected"]]),
        [
          [10, 0],
          [10, 0],
          [5, 0],
        ],
      )
      for (const { path } of chunks)
        assert.deepStrictEqual(path.slice(-3), ["Loading.loadFiles", "Loading.loadFile", "Loading.chunk"])
      const upserts = named("RunRepo.commit")
      assert.isAtLeast(upserts.length, 3)
      for (const { path } of upserts) {
        assert.deepStrictEqual(path.slice(0, 3), ["run", "Pipeline.run", "Loading.loadFiles"])
        assert.deepStrictEqual(path.slice(3), ["Loading.loadFile", "Loading.chunk", "RunRepo.commit"])
      }
      const batches = named("Locating.batch")
      assert.isAtLeast(batches.length, 1)
      for (const { attributes, path } of batches) {
        assert.deepStrictEqual(path, ["run", "Pipeline.run", "Locating.drain", "Locating.batch"])
        assert.strictEqual(attributes["etl.locator.provider"], "ip-api")
      }
      assert.strictEqual(
        batches.reduce((sum, { attributes }) => sum + Number(attributes["etl.addresses"]), 0),
        30,
      )
      for (const { headers } of requests) assert.strictEqual(headers["content-type"], "application/json")
    }).pipe(Effect.scoped),
  )

  it.live("sends one span for small files that are loaded together", () =>
    Effect.gen(function* () {
      const { run } = yield* makeSetting
      const { spans, url } = yield* collector()
      // The chunk holds both files.
      const { code, output } = yield* run({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, [
        "--chunksize",
        "1000",
        "--geo",
        "none",
      ])
      assert.strictEqual(code, 3, output)
      const names = spans().map(({ name }) => name)
      assert.includeMembers(names, ["Loading.loadFiles", "RunRepo.commitFiles"])
      assert.notInclude(names, "Loading.loadFile")
      const loading = spans().find(({ name }) => name === "Loading.loadFiles")!
      assert.strictEqual(Number(attributesOf(loading.attributes)["etl.files"]), 2)
      const committing = spans().find(({ name }) => name === "RunRepo.commitFiles")!
      assert.strictEqual(committing.parentSpanId, loading.spanId)
    }).pipe(Effect.scoped),
  )

  it.live("sends metrics under the names that the page on operations lists", () =>
    Effect.gen(function* () {
      const { runAlone } = yield* makeSetting
      const { metrics, url } = yield* collector()
      const service = yield* fakeIpApi()
      service.script(behaviours.status(500))
      const { code, output } = yield* runAlone({ OTEL_EXPORTER_OTLP_ENDPOINT: url, IP_API_URL: service.url })
      assert.strictEqual(code, 3, output)

      const named = (name: string) => metrics().find((metric) => metric.name === name)
      const records = named("etl.records")
      assert.strictEqual(records?.unit, "{record}")
      assert.isTrue(records?.sum?.isMonotonic)
      assert.deepInclude(
        Object.fromEntries(
          records!.sum!.dataPoints.map(({ asInt, attributes }) => [attributesOf(attributes)["outcome"], Number(asInt)]),
        ),
        { inserted: 30, rejected: 1 },
      )
      const durations = named("etl.chunk.duration")
      assert.strictEqual(durations?.unit, "s")
      assert.strictEqual(Number(durations?.histogram?.dataPoints[0]?.count), 4)
      assert.isAbove(durations!.histogram!.dataPoints[0]!.sum!, 0)
      const queue = named("etl.locating.queue")
      assert.strictEqual(queue?.unit, "{address}")
      assert.strictEqual(Number(queue?.gauge?.dataPoints[0]?.asInt), 0)
      const requests = named("etl.locator.requests")
      assert.strictEqual(requests?.unit, "{request}")
      assert.sameDeepMembers(
        requests!.sum!.dataPoints.map(({ attributes }) => attributesOf(attributes)["http.response.status_code"]),
        ["200", "500"],
      )
    }).pipe(Effect.scoped),
  )

  it.live.each([
    { what: "all is well", code: 3, prepare: [], error: "Incomplete" },
    {
      what: "a table with repeated e-mails is refused",
      code: 6,
      prepare: [
        "create table users (email text, password text)",
        "insert into users select 'user1@example.com', 'canary-hash' from generate_series(1, 2)",
      ],
      error: "DatabaseError",
    },
    {
      what: "a constraint of an adopted table is broken",
      code: 6,
      prepare: [
        "create table users (email text, password text, created_at text)",
        "insert into users values ('user1@example.com', 'canary-hash', 'user1@example')",
      ],
      error: "DatabaseError",
    },
    {
      what: "PostgreSQL refuses places",
      code: 3,
      init: true,
      prepare: ["alter table users add constraint no_place check (city is null)"],
      error: "Incomplete",
    },
    {
      what: "PostgreSQL refuses users",
      code: 3,
      init: true,
      prepare: ["alter table users add constraint no_password check (password is null)"],
      error: "Incomplete",
    },
    {
      what: "the database refuses chunks",
      code: 6,
      init: true,
      prepare: ["alter table users drop column password"],
      error: "DatabaseError",
      failed: ["RunRepo.commit", "Loading.chunk", "Loading.loadFile", "Pipeline.run", "run"],
    },
    { what: "the service refuses", code: 3, prepare: [], status: 403, error: "GeoLocatorError" },
    { what: "the service is in trouble", code: 3, prepare: [], status: 500, error: "Fault" },
  ])("sends no secret, no e-mail and no address where $what", ({ code, error, failed = [], init, prepare, status }) =>
    Effect.gen(function* () {
      const { env, query, run } = yield* makeSetting
      const { spans, text, url } = yield* collector()
      const service = yield* fakeIpApi({ key: "canary-key" })
      if (status !== undefined) service.script(behaviours.status(status))
      if (init === true) yield* etl(["init"], env)
      for (const statement of prepare) yield* query(statement)
      const ended = yield* run(
        { OTEL_EXPORTER_OTLP_ENDPOINT: url, IP_API_URL: service.url, IP_API_KEY: "canary-key" },
        ["--max-rejects", "100%"],
      )
      assert.strictEqual(ended.code, code, ended.output)
      const bad = spans().filter(({ attributes }) => attributesOf(attributes)["error.type"] === error)
      assert.isAbove(bad.length, 0)
      assert.includeMembers(
        bad.map(({ name }) => name),
        failed,
      )
      for (const secret of ["canary-key", "canary-hash", "user1", "@example", "8.8.", env["DB_PASS"]!]) {
        assert.notInclude(text(), secret)
      }
    }).pipe(Effect.scoped),
  )

  it.live("speaks protobuf by itself, and sends the headers that it was given", () =>
    Effect.gen(function* () {
      const { runAlone } = yield* makeSetting
      const { requests, url } = yield* collector()
      const { code, output } = yield* runAlone(
        {
          OTEL_EXPORTER_OTLP_ENDPOINT: url,
          OTEL_EXPORTER_OTLP_PROTOCOL: "",
          OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20token",
          OTEL_SERVICE_NAME: "nightly",
        },
        ["--geo", "none"],
      )
      assert.strictEqual(code, 3, output)
      assert.sameMembers([...new Set(requests.map(({ path }) => path))], ["/v1/traces", "/v1/metrics"])
      for (const { body, headers } of requests) {
        assert.strictEqual(headers["content-type"], "application/x-protobuf")
        assert.strictEqual(headers["authorization"], "Bearer token")
        for (const text of ["nightly", "service.version", version]) assert.include(body.toString("latin1"), text)
      }
    }).pipe(Effect.scoped),
  )

  const warnings = (output: string) => output.match(/Traces and metrics are not exported.*/g) ?? []

  it.live.each([
    { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "localhost:4318" },
    { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "nonsense" },
    { name: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", value: "ftp://canary" },
    { name: "OTEL_EXPORTER_OTLP_PROTOCOL", value: "grpc" },
    { name: "OTEL_EXPORTER_OTLP_TIMEOUT", value: "canary" },
    { name: "OTEL_METRIC_EXPORT_INTERVAL", value: "canary" },
    { name: "OTEL_RESOURCE_ATTRIBUTES", value: "a=%canary" },
  ])("says that $name is wrong ($value), and the run goes on", ({ name, value }) =>
    Effect.gen(function* () {
      const { run } = yield* makeSetting
      const { requests, url } = yield* collector()
      const { code, output } = yield* run({ OTEL_EXPORTER_OTLP_ENDPOINT: url, [name]: value }, ["--geo", "none"])
      assert.strictEqual(code, 3, output)
      assert.lengthOf(warnings(output), 1, output)
      assert.include(warnings(output)[0], `: ${name} is wrong: `)
      assert.notInclude(output, "canary")
      assert.lengthOf(requests, 0)
    }).pipe(Effect.scoped),
  )

  it.live("sends nothing of a dry run, whose records are not written", () =>
    Effect.gen(function* () {
      const { run } = yield* makeSetting
      const { requests, url } = yield* collector()
      const { code, output } = yield* run({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, ["--geo", "none", "--dry-run"])
      assert.strictEqual(code, 3, output)
      assert.lengthOf(requests, 0)
    }).pipe(Effect.scoped),
  )

  it.live("sends nothing where no collector is named", () =>
    Effect.gen(function* () {
      const { run } = yield* makeSetting
      const { requests, url } = yield* collector()
      yield* run({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`, OTEL_EXPORTER_OTLP_ENDPOINT: "" }, [
        "--geo",
        "none",
      ])
      assert.lengthOf(requests, 0)
    }).pipe(Effect.scoped),
  )
})
