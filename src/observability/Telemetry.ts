import {
  Cause,
  Config,
  ConfigProvider,
  Effect,
  Exit,
  Layer,
  Option,
  Predicate,
  References,
  Runtime,
  Tracer,
} from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { OtlpMetrics, OtlpSerialization, OtlpTracer } from "effect/observability"
import { SqlError } from "effect/sql/SqlError"
import { systemCode } from "../domain/errno.ts"
import { fromSqlError } from "../domain/DatabaseError.ts"
import { version } from "./version.ts"

const resource = { serviceVersion: version }

/** Where the environment says nothing. At the end the collector has as long as `OTEL_EXPORTER_OTLP_TIMEOUT`, in milliseconds. */
const defaults = ConfigProvider.fromEnv({
  env: {
    OTEL_SERVICE_NAME: "user-activity-etl",
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
  },
})

/** A collector that takes longer is away: what waits for it would fill the memory. */
const requestTimeout = "5 seconds"

/** Says once that nothing is exported. */
const makeTell = () => {
  let isTold = false
  return (why: string) =>
    Effect.suspend(() => {
      if (isTold) return Effect.void
      isTold = true
      return Effect.logWarning(`Traces and metrics are not exported: ${why}. The work goes on.`).pipe(
        Effect.annotateLogs({ step: "Telemetry" }),
      )
    })
}

type Tell = ReturnType<typeof makeTell>

/** The exporter tries again by itself, and drops what it cannot get rid of; it would not say so. */
const client = (tell: Tell) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.transform((effect, { url }) => {
        const { origin, pathname } = new URL(url)
        const place = `${origin}${pathname}`
        return effect.pipe(
          Effect.tap((response) => Effect.ignore(response.arrayBuffer)),
          Effect.tap(({ status }) => (status >= 400 ? tell(`${place} answered ${status}`) : Effect.void)),
          Effect.tapError((error) =>
            tell(`${place} could not be reached (${systemCode(error.reason.cause) ?? error.reason._tag})`),
          ),
          // It is interrupted here, or at the end of the work.
          Effect.onInterrupt(() => tell(`${place} did not answer in time`)),
          // A defect is not tried again.
          Effect.timeoutOrElse({ duration: requestTimeout, orElse: () => Effect.die(new Error("no answer")) }),
        )
      }),
    ),
  ).pipe(Layer.provide(FetchHttpClient.layer))

/**
 * An error as people are told it. Causes and stacks stay here, where PostgreSQL quotes rows and others URLs; and so does a
 * message that names e-mails, such as those that are repeated in an adopted table.
 */
const describe = (error: unknown): { readonly name: string; readonly message: string } => {
  if (error instanceof SqlError) return describe(fromSqlError(error))
  if (!Predicate.isError(error)) return { name: "Error", message: "" }
  const isTold = Runtime.errorExitCode in error && !error.message.includes("@")
  return { name: error.name, message: isTold ? error.message : "" }
}

const tracer = Layer.effect(
  Tracer.Tracer,
  Effect.map(Effect.tracer, (exporter) =>
    Tracer.make({
      span: (options) => {
        const span = exporter.span(options)
        const end = span.end.bind(span)
        span.end = (time, exit) => {
          if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return end(time, exit)
          const error = describe(Cause.squash(exit.cause))
          span.attribute("error.type", error.name)
          end(time, Exit.fail(error))
        }
        return span
      },
    }),
  ),
)

const isHttp = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** A variable that is wrong is told with what was expected, not with its value: headers hold keys. */
const explain = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (!(error instanceof Config.ConfigError)) return "the exporter could not be made"
  const { message } = error.cause
  const [, name] = /\["(\w+)"/.exec(message) ?? []
  return `${name ?? "a variable OTEL_..."} is wrong: ${message.split("\n")[0]}`
}

const exporters = (tell: Tell) =>
  Layer.unwrap(
    Effect.gen(function* () {
      for (const signal of ["", "TRACES_", "METRICS_"]) {
        const name = `OTEL_EXPORTER_OTLP_${signal}ENDPOINT`
        const endpoint = yield* Config.option(Config.String(name))
        if (Option.exists(endpoint, (text) => !isHttp(text))) {
          yield* tell(`${name} is wrong: Expected a URL such as http://localhost:4318`)
          return Layer.empty
        }
      }
      const protocol = yield* Config.Literals(["http/protobuf", "http/json"], "OTEL_EXPORTER_OTLP_PROTOCOL")
      return Layer.mergeAll(
        tracer.pipe(Layer.provide(OtlpTracer.layerFromConfig({ resource }))),
        OtlpMetrics.layerFromConfig({ resource }),
      ).pipe(Layer.provide(protocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf))
    }),
  )

/**
 * Exports spans and metrics over OTLP to the collector that the variables of OpenTelemetry name. It never fails, and never
 * keeps the work waiting but for `OTEL_EXPORTER_OTLP_TIMEOUT` at its end: what it cannot do is logged, once.
 */
export const layer = Layer.suspend(() => {
  const tell = makeTell()
  return exporters(tell).pipe(
    Layer.catchCause((cause) => Layer.effectDiscard(tell(explain(cause)))),
    Layer.provide(client(tell)),
    // The exporter's own complaints come with whole requests.
    Layer.provide(Layer.succeed(References.MinimumLogLevel, "Info")),
    Layer.provide(ConfigProvider.layerAdd(defaults)),
  )
})
