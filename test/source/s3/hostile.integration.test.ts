import type { IncomingMessage, ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as S3Source from "../../../src/source/S3Source.ts"
import { Source } from "../../../src/source/Source.ts"
import type { SourceFile } from "../../../src/domain/SourceFile.ts"
import { flood, httpServer } from "../../utils/httpServer.ts"
import { asTimePasses } from "../../utils/s3Setting.ts"
import { list, readFailure } from "../../utils/sources.ts"

const mebi = 1024 * 1024

const sourceOf = Effect.fnUntraced(function* (handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const endpoint = yield* httpServer(handle)
  const layer = S3Source.layer({ bucket: "exports", endpoint })
  return Context.get(yield* Layer.build(layer), Source)
})

const object = (key: string, size: number | string = 1) =>
  `<Contents><Key>${key}</Key><ETag>&quot;1&quot;</ETag><Size>${size}</Size></Contents>`

/** A page of a list; without a token it is the last. */
const page = (objects: string, token?: string) =>
  `<ListBucketResult><EncodingType>url</EncodingType>` +
  (token === undefined
    ? "<IsTruncated>false</IsTruncated>"
    : `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`) +
  `${objects}</ListBucketResult>`

/** The source of a store that answers with one page after the other, and how many it was asked for. */
const listingOf = Effect.fnUntraced(function* (pageOf: (index: number) => string) {
  let asked = 0
  const source = yield* sourceOf((_, response) => response.end(pageOf(asked++)))
  return { files: list(source), asked: () => asked }
})

const file: SourceFile = { uri: "s3://exports/a.csv", name: "a.csv", fingerprint: '"1"', size: 100 }

describe("S3Source with a store that is hostile or broken", () => {
  // A key that comes again counts as new once: five keys are asked for ten times, and then for three pages more.
  it.effect.each([
    ["the same keys in every page", 5, (index) => page(object("a.csv") + object("b.json"), `token ${index}`)],
    ["keys of earlier pages", 13, (index) => page(object(`${index % 5}.csv`), `token ${index}`)],
    ["empty pages", 3, (index) => page("", `token ${index}`)],
    ["tokens that repeat", 7, (index) => page(object(`${index % 2}.csv`), `token ${index % 2}`)],
  ] as ReadonlyArray<readonly [string, number, (index: number) => string]>)(
    "stops at an endless list: %s",
    ([, pages, pageOf]) =>
      Effect.gen(function* () {
        const { files, asked } = yield* listingOf(pageOf)
        const error = yield* Effect.flip(files)
        assert.strictEqual(error._tag, "SourceError")
        assert.strictEqual(error.operation, "list")
        assert.include(error.message, "s3://exports/: The store lists no new key in 3 pages in a row")
        assert.strictEqual(asked(), pages)
      }),
  )

  it.effect("takes two pages without a new key, and an empty last one", () =>
    Effect.gen(function* () {
      const pages = [page(object("b.csv"), "1"), page("", "2"), page("", "3"), page(object("a.csv"), "4"), page("")]
      const { files } = yield* listingOf((index) => pages[index]!)
      assert.deepStrictEqual(
        (yield* files).map(({ name }) => name),
        ["a.csv", "b.csv"],
      )
    }),
  )

  it.effect("lists what is listed twice once, as it was listed last, whatever the order", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 2_500 }, (_, index) => `${index}.csv`)
      const objects = names.map((name) => object(name)).join("")
      const { files } = yield* listingOf((index) => (index === 0 ? page(objects, "1") : page(object("7.csv", 2))))
      const listed = yield* files
      assert.deepStrictEqual(
        listed.map(({ uri, name, size, fingerprint }) => [uri, name, size, fingerprint]),
        names.toSorted().map((name) => [`s3://exports/${name}`, name, name === "7.csv" ? 2 : 1, '"1"']),
      )
    }),
  )

  it.effect("reads no more than 10 MiB of a page", () =>
    Effect.gen(function* () {
      const sent: Array<Promise<number>> = []
      const source = yield* sourceOf((_, response) => {
        response.write("<ListBucketResult>")
        sent.push(flood(response, Buffer.from(object("a".repeat(3_000)).repeat(20))))
      })
      const error = yield* Effect.flip(list(source))
      assert.include(error.message, "A page of its list has more than 10 MiB. Check the endpoint.")
      assert.lengthOf(sent, 1)
      assert.isBelow(yield* Effect.promise(() => sent[0]!), 20 * mebi)
    }),
  )

  const filled = (text: string, from: string, to: string) =>
    page(`<Contents>${from}${text.repeat(Math.floor((2 * mebi) / text.length))}${to}</Contents>`)
  const distinct = Array.from({ length: 15_000 }, (_, index) => `${"x".repeat(90)}${index}`)

  it.effect.each([
    ["entities of one key", "64 KiB without a tag", filled("&amp;", "<Key>", "</Key>")],
    ["entities", "100,000", filled(`<b/>${"&amp;".repeat(10_000)}`, "", "")],
    ["elements between texts", "100,000", filled("a<b/>", "", "")],
    ["line ends", "100,000", filled(`<b/>${"\r".repeat(10_000)}`, "", "")],
    ["empty objects", "1 MiB of tags", filled("<Contents/>", "", "")],
    [
      "declarations, for each of which the parser reads the page",
      "100 declarations (<!)",
      page("<!DOCTYPE a>".repeat(200)),
    ],
    ["long names of elements", "1 MiB of tags", page(distinct.map((name) => `<${name}/>`).join(""))],
    ["names of attributes", "64 KiB without a tag", filled('a=""', "<b", "/>")],
    ["one text", "64 KiB without a tag", filled("x", "<Key>", "</Key>")],
    ["one attribute", "64 KiB without a tag", filled(">", '<Key a="', '"/>')],
  ] as const)("refuses a page below 10 MiB that takes the parser much memory: %s", ([, bound, body]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip((yield* listingOf(() => body)).files)
      assert.include(error.message, `A page of its list has more than ${bound}`)
      assert.include(error.message, "Check the endpoint.")
    }),
  )

  it.effect("takes a page as large as S3's: 1,000 of the longest keys, with all that S3 says of them", () =>
    Effect.gen(function* () {
      const rest =
        "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>" +
        "<ChecksumType>FULL_OBJECT</ChecksumType><Owner><ID>1</ID><DisplayName>&amp;</DisplayName></Owner>" +
        "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2026-01-01T00:00:00.000Z" +
        "</RestoreExpiryDate></RestoreStatus><StorageClass>STANDARD</StorageClass></Contents>"
      const objects = Array.from({ length: 1_000 }, (_, index) => {
        const key = `${"%C3%A9".repeat(508)}${String(index).padStart(4, "0")}.csv`
        return object(key).replace("</Contents>", rest).replaceAll("><", ">\r\n<")
      })
      assert.lengthOf(yield* (yield* listingOf(() => page(objects.join("")))).files, 1_000)
    }),
  )

  it.effect.each([
    [403, {}, /denied/],
    [404, {}, /failed: 404/],
    [301, {}, /elsewhere/],
    [403, { "content-encoding": "gzip" }, /denied/],
    [403, { "x-amz-checksum-crc32": "AAAAAA==" }, /denied|damaged/],
  ] as const)("reads no more than 64 KiB of an error %i %j", ([status, headers, expected]) =>
    Effect.gen(function* () {
      const sent: Array<Promise<number>> = []
      const source = yield* sourceOf((_, response) => {
        response.writeHead(status, headers)
        response.write("<Error><Code>AccessDenied</Code><Message>")
        sent.push(flood(response, Buffer.alloc(65_536, "x"), 50 * mebi))
      })
      const errors = [yield* Effect.flip(list(source)), yield* readFailure(source, file)]
      for (const { message } of errors) assert.match(message, expected)
      for (const bytes of yield* Effect.promise(() => Promise.all(sent))) assert.isBelow(bytes, 10 * mebi)
    }),
  )

  it.effect("shortens what an error says", () =>
    Effect.gen(function* () {
      const source = yield* sourceOf((_, response) => {
        response.writeHead(400)
        response.end(
          `<Error><Code>${"C".repeat(20_000)}</Code><Message>\u009b2J${"m".repeat(20_000)}</Message></Error>`,
        )
      })
      const { message } = yield* Effect.flip(list(source))
      assert.include(message, "\\u009b2Jmmm")
      assert.isBelow(message.length, 1_000)
    }),
  )

  it.effect.each([
    ["9007199254740992", "an impossible size"],
    ["99999999999999999999", "an impossible size"],
    ["-1", "an impossible size"],
    ["1.5", ""],
    ["NaN", ""],
    ["many", ""],
    ["1e400", ""],
  ] as const)("refuses the size %s", ([size, expected]) =>
    Effect.gen(function* () {
      const { files } = yield* listingOf(() => page(object("a.csv", size)))
      const error = yield* Effect.flip(files)
      assert.strictEqual(error._tag, "SourceError")
      assert.include(error.message, expected)
    }),
  )

  it.effect("refuses a key that is longer than S3 allows", () =>
    Effect.gen(function* () {
      const longest = `${"%C3%A9".repeat(510)}.csv`
      assert.lengthOf(yield* (yield* listingOf(() => page(object(longest)))).files, 1)
      for (const key of [`a${longest}`, "x".repeat(5_000)]) {
        const { files } = yield* listingOf(() => page(object(key)))
        assert.include((yield* Effect.flip(files)).message, "a key of more than 1,024 bytes")
      }
    }),
  )

  it.effect.each([
    "<ListBucketResult><Contents><Key><a>b</a></Key><ETag><c>d</c></ETag><Size><e>1</e></Size></Contents></ListBucketResult>",
    page("<Contents><Key>a.csv</Key><Size>1</Size><ETag><c>d</c></ETag></Contents>"),
    page("<Contents><Key><a>b.csv</a></Key></Contents>"),
    page(object("a.csv"), "<a>b</a>"),
    page("<Contents>a.csv</Contents>"),
    "<ListBucketResult><EncodingType><a>b</a></EncodingType><Contents/></ListBucketResult>",
    "<a>".repeat(100_000),
    "<ListBucketResult><Contents><Key>a&#xD800;.csv</Key></Contents></ListBucketResult>",
  ])("fails, and does not die, where a page makes no sense: %#", (body) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip((yield* listingOf(() => body)).files)
      assert.strictEqual(error._tag, "SourceError")
    }),
  )

  it.effect("waits a minute for a page, however many bytes of it come", () =>
    Effect.gen(function* () {
      const source = yield* sourceOf((_, response) => {
        const dripping = setInterval(() => response.write(" "), 5)
        response.once("close", () => clearInterval(dripping))
      })
      assert.include((yield* asTimePasses(Effect.flip(list(source)))).message, "60 seconds")
    }),
  )
})
