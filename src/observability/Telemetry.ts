// Exports spans and metrics over OTLP, where the environment names a collector.

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

/** For variables that are not set. `OTEL_EXPORTER_OTLP_TIMEOUT`: milliseconds that the collector has at the end. */
const defaults = ConfigProvider.fromEnv({
  env: {
    OTEL_SERVICE_NAME: "user-activity-etl",
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
  },
})

/** A collector that takes longer counts as unreachable: spans that wait for it would fill the memory. */
const requestTimeout = "5 seconds"

/** Warns once that nothing is exported. */
const makeWarn = () => {
  let isWarned = false
  return (why: string) =>
    Effect.suspend(() => {
      if (isWarned) return Effect.void
      isWarned = true
      return Effect.logWarning(`Traces and metrics are not exported: ${why}. The run continues.`).pipe(
        Effect.annotateLogs({ step: "Telemetry" }),
      )
    })
}

type Warn = ReturnType<typeof makeWarn>

/** The exporter retries by itself, and drops without a word what it cannot send: the warning comes from here. */
const client = (warn: Warn) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.transform((effect, { url }) => {
        const { origin, pathname } = new URL(url)
        const place = `${origin}${pathname}`
        return effect.pipe(
          Effect.tap((response) => Effect.ignore(response.arrayBuffer)),
          Effect.tap(({ status }) => (status >= 400 ? warn(`${place} answered ${status}`) : Effect.void)),
          Effect.tapError((error) =>
            warn(`${place} could not be reached (${systemCode(error.reason.cause) ?? error.reason._tag})`),
          ),
          // Interrupted by the timeout below, or at the end of the run.
          Effect.onInterrupt(() => warn(`${place} did not answer in time`)),
          // The exporter does not retry a defect.
          Effect.timeoutOrElse({ duration: requestTimeout, orElse: () => Effect.die(new Error("no answer")) }),
        )
      }),
    ),
  ).pipe(Layer.provide(FetchHttpClient.layer))

/**
 * An error as people see it. Causes and stacks are left out, as PostgreSQL quotes rows and others URLs in them; and so
 * is a message that names e-mails, such as those that are repeated in an adopted table.
 */
const describe = (error: unknown): { readonly name: string; readonly message: string } => {
  if (error instanceof SqlError) return describe(fromSqlError(error))
  if (!Predicate.isError(error)) return { name: "Error", message: "" }
  const isForPeople = Runtime.errorExitCode in error && !error.message.includes("@")
  return { name: error.name, message: isForPeople ? error.message : "" }
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

/**
 * Why there is no exporter: an invalid variable is named with what was expected, not with its value, which may be a
 * key.
 */
const explain = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (!(error instanceof Config.ConfigError)) return "the exporter could not be made"
  const { message } = error.cause
  const [, name] = /\["(\w+)"/.exec(message) ?? []
  return `${name ?? "a variable OTEL_..."} is wrong: ${message.split("\n")[0]}`
}

const exporters = (warn: Warn) =>
  Layer.unwrap(
    Effect.gen(function* () {
      for (const signal of ["", "TRACES_", "METRICS_"]) {
        const name = `OTEL_EXPORTER_OTLP_${signal}ENDPOINT`
        const endpoint = yield* Config.option(Config.String(name))
        if (Option.exists(endpoint, (text) => !isHttp(text))) {
          yield* warn(`${name} is wrong: Expected a URL such as http://localhost:4318`)
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
 * Exports spans and metrics to the collector that OpenTelemetry's variables name. It never fails, and delays the
 * command only at its end, by `OTEL_EXPORTER_OTLP_TIMEOUT` at most. What it cannot export it logs, once.
 */
export const layer = Layer.suspend(() => {
  const warn = makeWarn()
  return exporters(warn).pipe(
    Layer.catchCause((cause) => Layer.effectDiscard(warn(explain(cause)))),
    Layer.provide(client(warn)),
    // The exporter's own messages include whole requests.
    Layer.provide(Layer.succeed(References.MinimumLogLevel, "Info")),
    Layer.provide(ConfigProvider.layerAdd(defaults)),
  )
})
