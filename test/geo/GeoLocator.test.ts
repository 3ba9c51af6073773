import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { Answer, type Answers, type Location } from "../../src/domain/Location.ts"
import { chain, GeoLocator, GeoLocatorError, type GeoService } from "../../src/geo/GeoLocator.ts"
import { ips } from "../utils/addresses.ts"

const addresses = ips("1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4")

const place = (city: string): Location => ({
  latitude: 1,
  longitude: 2,
  country: null,
  region: null,
  city,
  timezone: null,
  isp_name: null,
})

const Told = Schema.Literals(["Located", "Unlocatable", "NotNow", "nothing"])

const toAnswer = (told: typeof Told.Type, by: string): Answer | undefined =>
  told === "nothing"
    ? undefined
    : told === "Located"
      ? Answer.located(place(by))
      : told === "Unlocatable"
        ? Answer.unlocatable(by)
        : Answer.notNow

const service = (provider: string): GeoService => ({
  provider,
  batchSize: 100,
  concurrency: 1,
  requestsPerMinute: 15,
  locate: () => Effect.succeed(new Map()),
})

const only = (part: Partial<GeoLocator["Service"]>): GeoLocator["Service"] => ({
  name: "part",
  instant: undefined,
  service: undefined,
  ...part,
})

describe("chain", () => {
  it.effect.prop(
    "asks each locator for what no earlier one answered, and keeps the first answer",
    [Schema.Array(Schema.Tuple(addresses.map(() => Told))).check(Schema.isMinLength(1), Schema.isMaxLength(4))],
    ([tables]) =>
      Effect.gen(function* () {
        const questions: Array<ReadonlyArray<string>> = []
        const { instant } = chain(
          tables.map((table, index) =>
            only({
              instant: (asked) => {
                questions.push(asked)
                const answers = asked.flatMap((address) => {
                  const answer = toAnswer(table[addresses.indexOf(address)]!, `locator ${index}`)
                  return answer === undefined ? [] : [[address, answer] as const]
                })
                return Effect.succeed(new Map(answers))
              },
            }),
          ),
        )
        const answers = yield* instant!(addresses)
        const answeredBy = addresses.map((_, column) =>
          tables.findIndex((table) => table[column] === "Located" || table[column] === "Unlocatable"),
        )
        for (const [column, address] of addresses.entries()) {
          const by = answeredBy[column]!
          const expected = by === -1 ? Answer.notNow : toAnswer(tables[by]![column]!, `locator ${by}`)
          assert.deepStrictEqual(answers.get(address) ?? Answer.notNow, expected)
        }
        for (const [index, asked] of questions.entries()) {
          const open = addresses.filter((_, column) => answeredBy[column] === -1 || answeredBy[column]! >= index)
          assert.deepStrictEqual(asked, open)
          assert.isAbove(asked.length, 0)
        }
      }),
  )

  it.effect("takes names and the service from its parts", () =>
    Effect.sync(() => {
      const mmdb = only({ name: "mmdb", instant: () => Effect.succeed<Answers>(new Map()) })
      const ipApi = only({ name: "ip-api", service: service("ip-api") })
      const both = chain([mmdb, ipApi])
      assert.strictEqual(both.name, "mmdb,ip-api")
      assert.strictEqual(both.service, ipApi.service)
      assert.isDefined(both.instant)
      assert.isUndefined(chain([ipApi]).instant)
      assert.isUndefined(chain([mmdb]).service)
    }),
  )

  it.effect("fails with the first locator that fails", () =>
    Effect.gen(function* () {
      const error = new GeoLocatorError({ provider: "mmdb", message: "damaged", retryable: false })
      const broken = only({ instant: () => Effect.fail(error) })
      const unasked = only({ instant: () => Effect.die("asked") })
      assert.strictEqual(yield* Effect.flip(chain([broken, unasked]).instant!(addresses)), error)
    }),
  )

  it.effect("none locates and queues nothing", () =>
    Effect.gen(function* () {
      const none = Context.get(yield* Layer.build(GeoLocator.none), GeoLocator)
      assert.deepStrictEqual([none.name, none.instant, none.service], ["none", undefined, undefined])
    }),
  )
})
