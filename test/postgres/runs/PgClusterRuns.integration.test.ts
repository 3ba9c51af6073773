import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { plainFormat } from "../../../src/domain/Format.ts"
import { ClusterRuns } from "../../../src/repo/ClusterRuns.ts"
import { RunRepo } from "../../../src/repo/RunRepo.ts"
import { header } from "../../utils/records.ts"
import { native, repos } from "../../utils/repos.ts"

it.live("of a file that nobody has begun nothing is read yet, of another what lies before its earliest lane", () =>
  Effect.gen(function* () {
    const runs = yield* RunRepo
    const request = { source: "test", mapping: "m", force: false }
    const { runId } = yield* Effect.scoped(runs.begin(request))
    const files = ["a", "b"].map((name) => ({ uri: `/${name}.csv`, fingerprint: "1", size: 100 }))
    const [load] = yield* runs.register(runId, request, files)
    const course = Effect.flatMap(ClusterRuns, (clusterRuns) => clusterRuns.progress(runId))
    assert.deepInclude(yield* course, { files: 2, filesLoaded: 0, bytes: 200, bytesRead: 0 })
    yield* runs.beginFile(load!, {
      header,
      format: plainFormat,
      parts: [{ start: { byteOffset: 20, line: 2 }, end: undefined }],
      maxRecordSize: 1024,
    })
    assert.deepInclude(yield* course, { files: 2, filesLoaded: 0, bytes: 200, bytesRead: 20 })
  }).pipe(Effect.provide(repos(native))),
)
