import { createHash } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import { spawnNode } from "../utils/child.ts"
import { httpServer } from "../utils/httpServer.ts"

const child = fileURLToPath(import.meta.resolve("./listChild.ts"))

const million = 1_000_000

const keyOf = (index: number, isPadded: boolean): string => {
  const id = isPadded ? String(index).padStart(9, "0") : String(index)
  return `user_activity/year=2026/region=eu-central/batch-${id}/user_activity_${id}.csv.gz`
}

/** A store with so many keys, in pages of 1,000. */
const storeOf = (total: number, isPadded: boolean) => (request: IncomingMessage, response: ServerResponse) => {
  const token = new URL(request.url ?? "", "http://localhost").searchParams.get("continuation-token")
  const from = Number(token ?? 0)
  const to = Math.min(total, from + 1_000)
  const objects = Array.from({ length: to - from }, (_, index) => {
    const key = encodeURIComponent(keyOf(from + index, isPadded))
    const etag = createHash("md5").update(key).digest("hex")
    return (
      `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;${etag}&quot;</ETag>` +
      `<Size>${from + index}</Size><StorageClass>STANDARD</StorageClass></Contents>`
    )
  })
  const next = to < total ? `<NextContinuationToken>${to}</NextContinuationToken>` : ""
  response.end(
    `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${to < total}</IsTruncated>${next}${objects.join("")}</ListBucketResult>`,
  )
}

const listAt = Effect.fnUntraced(function* (endpoint: string) {
  // As `etl` runs: see its first line.
  const { line } = yield* spawnNode("--max-semi-space-size=4", ["--heap-growing-percent=150", child, endpoint])
  return JSON.parse(yield* line(() => true)) as Record<string, unknown> & { readonly megabytes: number }
})

const list = Effect.fnUntraced(function* (total: number, isPadded: boolean) {
  return yield* listAt(yield* httpServer(storeOf(total, isPadded)))
})

describe("a listing of S3 keys", () => {
  it.live.each([
    ["of 500,000 in the order of their names, takes less than 300 MB", 500_000, true],
    ["of 200,000 in another order, takes less than 300 MB", 200_000, false],
  ] as const)(
    "%s",
    ([, total, isPadded]) =>
      Effect.gen(function* () {
        const { megabytes, ...found } = yield* list(total, isPadded)
        const uris = [0, total - 1, 99_999, 9_999].map((index) => `s3://exports/${keyOf(index, isPadded)}`)
        const [first, last] = isPadded ? uris : [uris[0], `s3://exports/${keyOf(99_999, false)}`]
        assert.deepStrictEqual(found, { count: total, isOrdered: true, first, last })
        assert.isBelow(megabytes, 300)
      }),
    900_000,
  )

  it.live(
    "is refused where there are more than a million",
    () =>
      Effect.gen(function* () {
        const { error, megabytes } = yield* list(10 * million, true)
        assert.include(error, "s3://exports/: The store lists too much: more than 1,000,000 keys")
        assert.isBelow(megabytes, 300)
      }),
    900_000,
  )

  it.live(
    "is refused where its pages have more than 2 GiB",
    () =>
      Effect.gen(function* () {
        // Texts of a comment take the parser no time.
        const comments = `<!-->${"x".repeat(60_000)}-->`.repeat(80)
        let pages = 0
        const endpoint = yield* httpServer((_, response) => {
          pages++
          response.end(
            `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${pages}</NextContinuationToken>` +
              `<Contents><Key>${keyOf(pages, true)}</Key><ETag>1</ETag><Size>1</Size></Contents>${comments}</ListBucketResult>`,
          )
        })
        const { error, megabytes } = yield* listAt(endpoint)
        assert.include(
          error,
          "The pages of its list have more than 2 GiB. Check the endpoint, or name a narrower prefix",
        )
        assert.isAtMost(pages * comments.length, 2.1 * 2 ** 30)
        assert.isBelow(megabytes, 300)
      }),
    900_000,
  )
})
