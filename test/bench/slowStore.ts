import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

// A store of S3 with the files of a folder in a bucket, which takes some time for each request. Prints its port, and ends
// with its standard input. Arguments: the folder, milliseconds.

const [folder = "", latency = "0"] = process.argv.slice(2)

/** Keys of a page, as S3's. */
const pageSize = 1_000

const names = readdirSync(folder).sort()
const bytesOf = (name: string): Buffer => readFileSync(join(folder, name))
const tagOf = (bytes: Buffer): string => `"${createHash("md5").update(bytes).digest("hex")}"`

const page = (from: number): string => {
  const contents = names.slice(from, from + pageSize).map((name) => {
    const bytes = bytesOf(name)
    return `<Contents><Key>small/${name}</Key><Size>${bytes.length}</Size><ETag>${tagOf(bytes)}</ETag></Contents>`
  })
  const next = from + pageSize
  const token = next < names.length ? `<NextContinuationToken>${next}</NextContinuationToken>` : ""
  return `<ListBucketResult><IsTruncated>${token !== ""}</IsTruncated>${token}${contents.join("")}</ListBucketResult>`
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost")
  const name = pathname.split("/")[3] ?? ""
  await pause(Number(latency))
  if (name === "") {
    response.end(page(Number(searchParams.get("continuation-token") ?? 0)))
    return
  }
  const bytes = bytesOf(name)
  response.writeHead(200, { ETag: tagOf(bytes), "Content-Length": bytes.length }).end(bytes)
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.stdout.write(String(typeof address === "object" && address?.port))
})
process.stdin.resume().on("end", () => process.exit())
