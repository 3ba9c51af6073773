import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { advise } from "../../../src/cli/advice.ts"
import { GeoLocatorConfigError, GeoLocatorError } from "../../../src/domain/GeoLocatorError.ts"
import { endpointOf } from "../../../src/geo/ip-api/options.ts"
import { mmdbError } from "../../../src/geo/mmdb/file.ts"
import { Advice, explain } from "../../../src/observability/Advice.ts"

const told = (error: { readonly message: string }) => Effect.provideService(explain(error), Advice, advise)

const failed = (setting?: "url" | "key" | "files") =>
  new GeoLocatorError({
    provider: "p",
    ...(setting === undefined ? {} : { setting }),
    message: "failed.",
    retryable: false,
  })

describe("advice on locators", () => {
  it.effect("names the variables of ip-api", () =>
    Effect.gen(function* () {
      const variables = "IP_API_URL sets the URL, IP_API_KEY the key."
      const url = yield* Effect.flip(endpointOf({ url: "ftp://x" }))
      assert.strictEqual(yield* told(url), `The URL of ip-api must begin with http:// or https://. ${variables}`)
      for (const setting of ["url", "key"] as const) {
        assert.strictEqual(yield* told(failed(setting)), `failed. ${variables}`)
      }
    }),
  )

  it.effect("names the flag of .mmdb files where another file helps", () =>
    Effect.gen(function* () {
      const flag = "Name it with --geo-db FILE."
      assert.strictEqual(yield* told(failed("files")), `failed. ${flag}`)
      for (const reason of ["damaged", "invalid", "notInstalled"] as const) {
        assert.strictEqual(yield* told(mmdbError(reason, "x", "fails.")), `x fails. ${flag}`)
      }
      for (const reason of ["missing", "unreadable"] as const) {
        assert.strictEqual(yield* told(mmdbError(reason, "x", "fails.")), "x fails.")
      }
    }),
  )

  it.effect("has nothing to say of other settings and failures", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* told(failed()), "failed.")
      assert.strictEqual(
        yield* told(new GeoLocatorConfigError({ setting: "limit", message: "limit is 0." })),
        "limit is 0.",
      )
    }),
  )
})
