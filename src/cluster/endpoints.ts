// The endpoints to which a worker signs requests: a run's own is named by anyone who can write to the database.

import { Effect } from "effect"
import { SourceError } from "../domain/SourceFile.ts"
import type { SourceReference } from "./LoadRun.ts"

/** An endpoint in one spelling; undefined: it is no URL. */
const canonical = (endpoint: string): string | undefined =>
  URL.canParse(endpoint) ? new URL(endpoint).href.replace(/\/+$/, "") : undefined

/**
 * Fails where requests would be signed to an endpoint with which the worker was not started. Allowed are Amazon's own,
 * which no reference names, and requests without a signature, which carry no credentials.
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
