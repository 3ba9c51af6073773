import { Effect } from "effect"
import { SourceError } from "../domain/SourceFile.ts"
import type { SourceReference } from "./LoadRun.ts"

// Which stores a worker signs requests to: whoever can write the database names the endpoint of a run.

/** One spelling of an endpoint; undefined: it is no URL. */
const canonical = (endpoint: string): string | undefined =>
  URL.canParse(endpoint) ? new URL(endpoint).href.replace(/\/+$/, "") : undefined

/**
 * Refuses to sign requests to an endpoint that the worker was not started with. Amazon's own, which no reference names, may
 * have them; requests that are not signed carry no credentials.
 */
export const checkEndpoint = Effect.fnUntraced(function* (
  reference: SourceReference,
  endpoints: ReadonlyArray<string>,
  host: string,
) {
  if (reference._tag === "Path" || !reference.sign || reference.endpoint === undefined) return
  const { bucket, endpoint, prefix } = reference
  const wanted = canonical(endpoint)
  if (wanted !== undefined && endpoints.some((known) => canonical(known) === wanted)) return
  const uri = `s3://${bucket}/${prefix}`
  return yield* new SourceError({
    operation: "list",
    uri,
    message: `${uri}: the worker at ${host} signs no requests to ${endpoint}. If its credentials may go there, start every worker with --endpoint ${endpoint}; or run without --sign.`,
  })
})
