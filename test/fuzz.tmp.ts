import assert from "node:assert/strict"
import { drawFile } from "./csv/plain/drawnFiles.ts"
import { readBothWays } from "./csv/plain/bothWays.ts"
const [first, count, records, near] = process.argv.slice(2).map(Number)
let plain = 0, all = 0, none = 0
for (let seed = first!; seed < first! + count!; seed++) {
  const { header, bytes, pieces } = drawFile(seed, records!, near!)
  const { walked, decoded, isPlain } = readBothWays(header, bytes, pieces)
  plain += walked.plain; all += walked.records.length; if (!isPlain) none++
  try { assert.deepEqual({ ...walked, plain: 0 }, { ...decoded, plain: 0 }) }
  catch (error) {
    console.log("seed", seed, header.format, header.ownMapping, pieces)
    const index = walked.records.findIndex((r, i) => { try { assert.deepEqual(r, decoded.records[i]); return false } catch { return true } })
    console.log(index, walked.records[index], decoded.records[index], walked.records.length, decoded.records.length, walked.blankRows, decoded.blankRows, walked.repeatedHeaders, decoded.repeatedHeaders, walked.otherHeader, decoded.otherHeader)
    process.exit(1)
  }
}
console.log({ plain, all, share: plain / all, none })
