// The answers of ip-api.com: which fields are requested, and how a response is checked.

import { Result, Schema } from "effect"
import * as Address from "../../domain/Address.ts"
import { plural } from "../../text/format.ts"
import { Answer, type Answers, Location } from "../../domain/Location.ts"

/** The fields to request: those below. */
export const fields = "status,message,query,lat,lon,country,regionName,city,timezone,isp"

const Text = Schema.optionalKey(Schema.NullOr(Schema.String))

const Success = Schema.Struct({
  status: Schema.Literal("success"),
  query: Schema.String,
  lat: Location.fields.latitude,
  lon: Location.fields.longitude,
  country: Text,
  regionName: Text,
  city: Text,
  timezone: Text,
  isp: Text,
})

const Failure = Schema.Struct({ status: Schema.Literal("fail"), query: Schema.String, message: Schema.String })

const decodeBody = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Array(Schema.Union([Success, Failure]))))

const oneLine = (text: string): string =>
  text
    .slice(0, 200)
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()

const toAnswer = (entry: typeof Success.Type | typeof Failure.Type): Answer =>
  entry.status === "fail"
    ? Answer.unlocatable(oneLine(entry.message) || "unknown")
    : Answer.located({
        latitude: entry.lat,
        longitude: entry.lon,
        country: entry.country ?? null,
        region: entry.regionName ?? null,
        city: entry.city ?? null,
        timezone: entry.timezone ?? null,
        isp_name: entry.isp ?? null,
      })

/**
 * The answers of a response's body for exactly the `asked` addresses, in any order; or what is wrong with the body,
 * of which then nothing may be used.
 */
export const decodeAnswers = (body: string, asked: ReadonlyArray<Address.Address>): Result.Result<Answers, string> => {
  const decoded = decodeBody(body)
  if (Result.isFailure(decoded)) return Result.fail(oneLine(decoded.failure.message))
  const entries = decoded.success
  if (entries.length !== asked.length)
    return Result.fail(`${plural(entries.length, "answer")} for ${plural(asked.length, "address", "addresses")}`)
  const open = new Set(asked)
  const answers = new Map<Address.Address, Answer>()
  for (const entry of entries) {
    const address = Result.getOrUndefined(Address.parse(entry.query))
    if (address === undefined || !open.delete(address)) {
      return Result.fail(`an answer for ${oneLine(entry.query)}, which was not asked for`)
    }
    answers.set(address, toAnswer(entry))
  }
  return Result.succeed(answers)
}
