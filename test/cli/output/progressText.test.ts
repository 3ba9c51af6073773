import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { progressFrame, progressLine, type View } from "../../../src/cli/output/progressText.ts"
import { advance, nothingYet, type ProgressEvent } from "../../../src/observability/Progress.ts"
import { noAddresses, noRecords } from "../../../src/domain/RunSummary.ts"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5_000_000_000 }))

const Moment = {
  bytes: Count,
  read: Count,
  written: Count,
  rejected: Count,
  blanked: Count,
  local: Count,
  remembered: Count,
  service: Count,
  waiting: Schema.UndefinedOr(Count),
  wait: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3_600_000 })),
  speed: Schema.UndefinedOr(Count),
  hasService: Schema.Boolean,
  isLoaded: Schema.Boolean,
}

interface MomentValues extends Schema.Struct.Type<typeof Moment> {}

const viewOf = (moment: MomentValues): View => {
  const events: ReadonlyArray<ProgressEvent> = [
    { _tag: "Listed", source: "/data", files: 12, toLoad: 12, bytes: moment.bytes },
    { _tag: "BytesRead", uri: "a", bytes: moment.read },
    {
      _tag: "ChunkCommitted",
      counts: { ...noRecords, read: moment.written, rejected: moment.rejected, blanked: moment.blanked },
    },
    {
      _tag: "Answered",
      addresses: { ...noAddresses, local: moment.local, remembered: moment.remembered, service: moment.service },
    },
    ...(moment.waiting === undefined
      ? []
      : [{ _tag: "Queued", waiting: moment.waiting, untilNextRequest: moment.wait } as const]),
    ...(moment.isLoaded ? [{ _tag: "Loaded" } as const] : []),
  ]
  return {
    state: events.reduce(advance, nothingYet),
    speed: moment.speed === undefined ? undefined : { records: moment.speed, bytes: moment.speed },
    service: moment.hasService ? { provider: "ip-api", rate: { batchSize: 100, requestsPerMinute: 15 } } : undefined,
  }
}

const now = viewOf({
  bytes: 45_000_000,
  read: 12_345_678,
  written: 512_000,
  rejected: 3,
  blanked: 0,
  local: 0,
  remembered: 3_400,
  service: 1_200,
  waiting: 12_400,
  wait: 42_500,
  speed: 1_000_000,
  hasService: true,
  isLoaded: false,
})

describe("progress", () => {
  it.prop(
    "no line is wider than the terminal, whatever happens",
    { ...Moment, width: Schema.Int.check(Schema.isBetween({ minimum: 39, maximum: 200 })) },
    ({ width, ...moment }) => {
      for (const line of progressFrame(viewOf(moment), width).split("\n")) assert.isAtMost(line.length, width)
    },
  )

  it.prop("how much is read and how much is left survive on the narrowest terminal", Moment, (moment) => {
    const view = viewOf({ ...moment, bytes: 1_000_000, speed: 1_000, isLoaded: false })
    assert.match(progressFrame(view, 39), /^reading .*\d+%.* left$/m)
  })

  it("shows what is read, written and located", () => {
    assert.deepStrictEqual(progressFrame(now, 120).split("\n"), [
      "reading  [####------------]  27%  12.3 of 45.0 MB  1,000,000 records/s  33 s left",
      "written  512,000 records  3 rejects  0 of 12 files",
      "locating 12,400 queued  3,400 from memory  1,200 by ip-api  next request in 43 s  8 min 16 s left",
    ])
    assert.deepStrictEqual(
      progressFrame(now, 79).split("\n")[2],
      "locating 12,400 queued  1,200 by ip-api  next request in 43 s  8 min 16 s left",
    )
    assert.deepStrictEqual(progressFrame(now, 39).split("\n"), [
      "reading  27%  33 s left",
      "written  512,000 records  0 of 12 files",
      "locating 12,400 queued  8 min 16 s left",
    ])
  })

  it("shows bad values where there are any", () => {
    const withSome = advance(now.state, { _tag: "ChunkCommitted", counts: { ...noRecords, blanked: 2_000 } })
    assert.include(
      progressFrame({ ...now, state: withSome }, 120),
      "\nwritten  512,000 records  3 rejects  2,000 bad values  0 of",
    )
  })

  it("shows how much is read of a stream, whose size is unknown, also after its end", () => {
    const events: ReadonlyArray<ProgressEvent> = [
      { _tag: "Listed", source: "stdin:1", files: 1, toLoad: 1, bytes: 0 },
      { _tag: "BytesRead", uri: "stdin:1", bytes: 12_345_678 },
      { _tag: "ChunkCommitted", counts: { ...noRecords, read: 70_000 } },
    ]
    const of = (events: ReadonlyArray<ProgressEvent>): View => ({
      state: events.reduce(advance, nothingYet),
      speed: { records: 5_000, bytes: 0 },
      service: undefined,
    })
    assert.strictEqual(progressLine(of([])), "")
    const open = of(events)
    assert.strictEqual(
      progressFrame(open, 80),
      "reading  12.3 MB  5,000 records/s\nwritten  70,000 records  0 of 1 file",
    )
    assert.strictEqual(progressLine(open), "12.3 MB, 5,000 records/s, 70,000 records, 0 of 1 file")
    const ended = of([...events, { _tag: "FileEnded", uri: "stdin:1", size: 0 }, { _tag: "Loaded" }])
    assert.strictEqual(progressFrame(ended, 80), "reading  12.3 MB\nwritten  70,000 records  1 of 1 file")
  })

  it("is one plain line where there is no terminal", () => {
    assert.strictEqual(
      progressLine(now),
      "27%, 12.3 of 45.0 MB, 1,000,000 records/s, 33 s left, 512,000 records, 3 rejects, 0 of 12 files, 12,400 queued, 3,400 from memory, 1,200 by ip-api, next request in 43 s, 8 min 16 s left",
    )
  })
})
