import { execFileSync } from "node:child_process"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer, Path, PlatformError, Runtime, Stream } from "effect"
import type { SourceFile } from "../../src/domain/SourceFile.ts"
import { collectLeftOut } from "../../src/observability/LeftOut.ts"
import * as LocalSource from "../../src/source/LocalSource.ts"
import { Source } from "../../src/source/Source.ts"
import { bytesOf, list, listed, onlyFile, read, readFailure } from "../utils/sources.ts"

/** An empty directory, real path resolved, removed at the end of the test. */
const makeDirectory = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "local-source-" }))
})

const makeSource = (path: string, pattern?: string) =>
  Layer.build(LocalSource.layer(path, { pattern })).pipe(Effect.map(Context.get(Source)))

const listFailure = (path: string, pattern?: string) =>
  makeSource(path, pattern).pipe(Effect.flatMap(list), Effect.flip)

const usually = "Without a pattern only .csv and .tsv files, also with .gz or .zst, are loaded."

/** A directory with files of these paths, whose contents are their paths; `namesOf`: the paths of files in it. */
const makeTree = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* makeDirectory
  for (const name of names) {
    const file = path.join(directory, name)
    yield* fs.makeDirectory(path.dirname(file), { recursive: true })
    yield* fs.writeFileString(file, name)
  }
  const namesOf = (files: ReadonlyArray<SourceFile>) => files.map(({ uri }) => path.relative(directory, uri))
  return { directory, namesOf }
})

/** Several reads long, no byte like its neighbours'. */
const long = Buffer.from(Uint32Array.from({ length: 200_000 }, (_, index) => index).buffer)

const denied = (method: string) => (path: string) =>
  Effect.fail(
    PlatformError.systemError({ _tag: "PermissionDenied", module: "FileSystem", method, pathOrDescriptor: path }),
  )

layer(Layer.merge(NodeFileSystem.layer, NodePath.layer))("LocalSource", (it) => {
  it.effect("lists a directory's own CSV and TSV files, compressed or not, in any case, in name order", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* makeDirectory
      const names = ["b.csv", "a.CSV", "B.csv", "\u{1f600}.csv", "\uffee.csv", "c.csv.GZ", "d.TSV.zst", "a b.csv.gz"]
      for (const name of [
        ...names,
        "notes.txt",
        "csv",
        "x.csv.zip",
        "x.csv~",
        ".hidden.csv",
        "~$b.csv",
        "b.csv.part",
      ]) {
        yield* fs.writeFileString(path.join(directory, name), name)
      }
      yield* fs.makeDirectory(path.join(directory, "d.csv"))
      yield* fs.writeFileString(path.join(directory, "d.csv", "inner.csv"), "inner")
      yield* fs.makeDirectory(path.join(directory, "__MACOSX"))

      const source = yield* makeSource(path.relative(process.cwd(), directory))
      assert.strictEqual(source.uri, directory)
      const { files, reports } = yield* listed(source)
      assert.deepStrictEqual(reports, [
        [
          [`Left out: csv, d.csv/, notes.txt and 1 more. ${usually}`, "Left out: x.csv.zip. Unpack archives first."],
          ["Skipped hidden files, lock files or partial downloads: .hidden.csv, __MACOSX/, b.csv.part and 1 more."],
        ],
      ])
      const expected = ["B.csv", "a b.csv.gz", "a.CSV", "b.csv", "c.csv.GZ", "d.TSV.zst", "\uffee.csv", "\u{1f600}.csv"]
      assert.deepStrictEqual(
        files.map((file) => file.name),
        expected,
      )
      assert.deepStrictEqual(
        files.map((file) => file.uri),
        expected.map((name) => path.join(directory, name)),
      )
      assert.deepStrictEqual(
        files.map((file) => file.size),
        expected.map((name) => Buffer.byteLength(name)),
      )

      yield* fs.writeFileString(path.join(directory, "new.csv"), "new")
      assert.include(
        (yield* list(source)).map((file) => file.name),
        "new.csv",
      )
    }),
  )

  it.effect("takes the files that a pattern matches, at any depth, in the order of their whole paths", () =>
    Effect.gen(function* () {
      const { directory, namesOf } = yield* makeTree([
        "a.csv",
        "b.txt",
        "dt=1/z.csv",
        "dt=1/a.csv",
        "dt=1-old/a.csv",
        "dt=1/deep/er/b.csv",
        "dt=1/.hidden.csv",
        "dt=1/b.csv.part",
        "dt=1/c.zip",
        "dt=2/x.txt",
        "other/a.csv",
        ".git/a.csv",
      ])
      const source = yield* makeSource(directory, "dt=*/**/*.csv*")
      assert.strictEqual(source.uri, `${directory}/./dt=*/**/*.csv*`)
      const { files, reports } = yield* listed(source)
      assert.deepStrictEqual(namesOf(files), ["dt=1-old/a.csv", "dt=1/a.csv", "dt=1/deep/er/b.csv", "dt=1/z.csv"])
      assert.deepStrictEqual(reports, [
        [
          [],
          [
            "Skipped hidden files, lock files or partial downloads: .git/, dt=1/.hidden.csv, dt=1/b.csv.part.",
            "Not taken by the pattern: a.csv, b.txt, other/ and 2 more.",
          ],
        ],
      ])
      assert.deepStrictEqual(namesOf(yield* list(yield* makeSource(directory, "dt=1/.hidden.csv"))), [
        "dt=1/.hidden.csv",
      ])
      assert.strictEqual((yield* read(source, files[0]!)).toString(), "dt=1-old/a.csv")

      const error = yield* listFailure(directory, "dt=3/*.csv")
      assert.include(error, { reason: "noFile", uri: `${directory}/./dt=3/*.csv` })
      assert.strictEqual(
        error.message,
        `${directory} has no file that the pattern dt=3/*.csv takes. Found: a.csv, b.txt, dt=1/ and 3 more; .git/.`,
      )
    }),
  )

  it.effect("advises a pattern that takes what is left out, and no archive", () =>
    Effect.gen(function* () {
      for (const [names, expected] of [
        [
          ["a.csv", "notes.txt", "noext", "dt=1/b.csv"],
          ["a.csv", "dt=1/b.csv", "noext", "notes.txt"],
        ],
        [
          ["a.csv", "dt=1/b.csv", "dt=1/_SUCCESS", "x.zip"],
          ["a.csv", "dt=1/b.csv"],
        ],
        [
          ["a.csv", "x.ZIP", "y.tar", "noext", "dt=1/x.ZIP"],
          ["a.csv", "noext"],
        ],
      ] as const) {
        const { directory, namesOf } = yield* makeTree(names)
        const { leftOut } = yield* collectLeftOut(list(yield* makeSource(directory)))
        const [{ pattern } = {}] = leftOut[0]!.notices
        assert.deepStrictEqual(namesOf(yield* list(yield* makeSource(directory, pattern))), [...expected])
      }
    }),
  )

  it.effect("takes folders named like patterns as they are, with and without a pattern", () =>
    Effect.gen(function* () {
      const { directory, namesOf } = yield* makeTree(["[a]*{b}/x.csv", "[a]*{b}/dt=1/y.csv", "a/x.csv"])
      const odd = `${directory}/[a]*{b}`
      const plain = yield* makeSource(odd)
      assert.strictEqual(plain.uri, odd)
      assert.deepStrictEqual(namesOf(yield* list(plain)), ["[a]*{b}/x.csv"])
      assert.deepStrictEqual(namesOf(yield* list(yield* makeSource(odd, "*/*.csv"))), ["[a]*{b}/dt=1/y.csv"])
    }),
  )

  it.effect("follows links to files under a pattern, but none to folders", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { directory, namesOf } = yield* makeTree(["real/a.csv", "real/b.txt", "store/c"])
      yield* fs.symlink(".", `${directory}/loop`)
      yield* fs.symlink("../real", `${directory}/real/again`)
      yield* fs.symlink("../store/c", `${directory}/real/c.csv`)
      yield* fs.symlink("b.txt", `${directory}/real/d.txt`)
      const { files, reports } = yield* listed(yield* makeSource(directory, "**/*.csv"))
      assert.deepStrictEqual(namesOf(files), ["real/a.csv", "store/c"])
      assert.deepStrictEqual(
        files.map(({ isLinked = false }) => isLinked),
        [false, true],
      )
      assert.deepStrictEqual(reports[0]![0], ["Left out: loop/, real/again/. Links to folders are not followed."])
      // Where the pattern would take nothing below it, a link is left out on purpose.
      assert.deepStrictEqual((yield* listed(yield* makeSource(directory, "real/*.csv"))).reports[0]![0], [])
    }),
  )

  it.effect("reports a folder below a pattern that cannot be read, and lists the others", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { directory, namesOf } = yield* makeTree(["a/x.csv", "b/x.csv", "c/x.txt"])
      const readDirectoryEntries = (path: string) =>
        path === `${directory}/b` || path === `${directory}/c`
          ? denied("readDirectoryEntries")(path)
          : fs.readDirectoryEntries(path)
      const files = yield* makeSource(directory, "[ab]/*.csv").pipe(
        Effect.flatMap(list),
        Effect.provideService(FileSystem.FileSystem, { ...fs, readDirectoryEntries }),
      )
      assert.deepStrictEqual(namesOf(files), ["a/x.csv", "b"])
      assert.strictEqual(files[1]!.problem?.message, `${directory}/b: permission denied. Allow this user to read it.`)
    }),
  )

  it.effect("refuses what is no pattern, and a pattern for one file, as wrong usage", () =>
    Effect.gen(function* () {
      const { directory } = yield* makeTree(["a.csv"])
      for (const [path, pattern, expected] of [
        [directory, "", /^ is not a pattern of paths below the source/],
        [directory, "/tmp/*", /^\/tmp\/\* is not a pattern/],
        [directory, "../*.csv", /^\.\.\/\*\.csv is not a pattern/],
        [
          `${directory}/a.csv`,
          "*.csv",
          /a\.csv is no directory: a pattern takes files of a directory\. Omit the pattern\.$/,
        ],
      ] as const) {
        const error = yield* listFailure(path, pattern)
        assert.match(error.message, expected)
        assert.strictEqual(error.reason, "pattern")
        assert.strictEqual(error[Runtime.errorExitCode], 2)
      }
      assert.strictEqual((yield* listFailure(`${directory}/none`, "*"))[Runtime.errorExitCode], 5)
    }),
  )

  it.effect("reports nothing where every file is read", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* makeDirectory
      yield* fs.writeFileString(path.join(directory, "a.csv"), "id\n")
      const { reports } = yield* listed(yield* makeSource(directory))
      assert.deepStrictEqual(reports, [[[], []]])
    }),
  )

  it.effect("takes links for the files they lead to, once each", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const [store, directory] = [yield* makeDirectory, yield* makeDirectory]
      yield* fs.writeFileString(path.join(store, "blob"), "id\n1\n")
      yield* fs.writeFile(path.join(store, "blob.gz"), gzipSync("id\n2\n"))
      yield* fs.symlink(path.join(store, "blob"), path.join(directory, "one.csv"))
      yield* fs.symlink("one.csv", path.join(directory, "two.csv"))
      yield* fs.symlink(path.join(store, "blob.gz"), path.join(directory, "three.csv"))
      yield* fs.symlink(store, path.join(directory, "store.csv"))

      const source = yield* makeSource(directory)
      const { files, reports } = yield* listed(source)
      assert.deepStrictEqual(reports, [[["Left out: store.csv/. Links to folders are not followed."], []]])
      assert.deepStrictEqual(
        files.map((file) => file.uri),
        [path.join(store, "blob"), path.join(store, "blob.gz")],
      )
      assert.strictEqual((yield* read(source, files[0]!)).toString(), "id\n1\n")
      assert.strictEqual((yield* read(source, files[1]!)).toString(), "id\n2\n")

      yield* fs.symlink(directory, path.join(store, "link"))
      assert.strictEqual((yield* makeSource(path.join(store, "link"))).uri, directory)
    }),
  )

  it.effect("knows which files only a link of the folder leads to", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const [store, directory] = [yield* makeDirectory, yield* makeDirectory]
      yield* fs.writeFileString(path.join(store, "elsewhere"), "id\n")
      yield* fs.writeFileString(path.join(directory, "own.csv"), "id\n")
      yield* fs.symlink(path.join(store, "elsewhere"), path.join(directory, "a.csv"))
      yield* fs.symlink("own.csv", path.join(directory, "b.csv"))
      yield* fs.symlink("own.csv", path.join(directory, "z.csv"))
      const listed = (given: string) =>
        Effect.map(Effect.flatMap(makeSource(given), list), (files) =>
          files.map(({ isLinked = false, name }) => [name, isLinked]),
        )
      assert.sameDeepMembers(yield* listed(directory), [
        ["elsewhere", true],
        ["own.csv", false],
      ])
      // One file is what the person has named.
      assert.deepStrictEqual(yield* listed(path.join(directory, "a.csv")), [["elsewhere", false]])
    }),
  )

  it.effect("does not read through a link that has come in place of a file", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const [store, directory] = [yield* makeDirectory, yield* makeDirectory]
      const [secret, file] = [path.join(store, "secret"), path.join(directory, "a.csv")]
      const time = new Date("2024-05-06T07:08:09Z")
      for (const each of [secret, file]) {
        yield* fs.writeFileString(each, "id\n1\n")
        yield* fs.utimes(each, time, time)
      }
      const source = yield* makeSource(directory)
      const [listed] = yield* list(source)
      yield* fs.remove(file)
      yield* fs.symlink(secret, file)
      const { message } = yield* Effect.flip(read(source, listed!))
      assert.strictEqual(message, `${file} changed after it was listed. Run again when no process writes to it.`)
    }),
  )

  it.effect("names a link that leads nowhere, to itself or to another kind of file", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const links = {
        "dangling.csv": ["nothing.csv", "to something that does not exist"],
        "loop.csv": ["loop.csv", "leads back to itself"],
        "device.csv": ["/dev/null", "neither a file nor a directory"],
      } as const
      for (const [name, [target, expected]] of Object.entries(links)) {
        const parent = yield* makeDirectory
        const directory = path.join(parent, "exports")
        yield* fs.makeDirectory(directory)
        yield* fs.writeFileString(path.join(parent, "README"), "text")
        const link = path.join(directory, name)
        yield* fs.symlink(target, link)
        const error = yield* listFailure(link)
        assert.strictEqual(error._tag, "SourceError")
        assert.strictEqual(error.operation, "list")
        assert.include(error.message, expected)
        assert.include(error.message, name === "device.csv" ? "/dev/null" : link)
        // In a directory it fails alone.
        yield* fs.writeFileString(path.join(directory, "good.csv"), "id\n")
        const files = yield* list(yield* makeSource(directory))
        const [problem, none] = [name, "good.csv"].map(
          (wanted) => files.find(({ name }) => name === wanted)?.problem?.message,
        )
        assert.include(problem, expected)
        assert.include(problem, link)
        assert.isUndefined(none)
      }
    }),
  )

  it.effect("says what is wrong with a path that cannot be a source", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* makeDirectory
      const [file, pipe] = [path.join(directory, "file"), path.join(directory, "pipe.csv")]
      yield* fs.writeFileString(file, "id\n")
      const problems = [
        [path.join(directory, "no", "such.csv"), "does not exist. Check the path."],
        [path.join(file, "below.csv"), "a part of this path is a file"],
        [
          directory,
          "has no .csv or .tsv file of its own, also with .gz or .zst; subdirectories are not read. Found: file.",
        ],
        ["/dev/null", "neither a file nor a directory (CharacterDevice)"],
      ] as const
      for (const [given, expected] of problems) {
        const error = yield* listFailure(given)
        assert.strictEqual(error.uri, given)
        assert.isTrue(error.message.startsWith(given), error.message)
        assert.include(error.message, expected)
      }
      execFileSync("mkfifo", [pipe])
      const expected = `${pipe} is neither a file nor a directory (FIFO)`
      assert.include((yield* listFailure(pipe)).message, expected)
      assert.include((yield* list(yield* makeSource(directory)))[0]!.problem?.message, expected)
    }),
  )

  it.effect("says where permission is missing", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* makeDirectory
      const file = path.join(directory, "users.csv")
      yield* fs.writeFileString(file, "id\n")
      for (const method of ["realPath", "stat", "readDirectoryEntries"] as const) {
        const error = yield* listFailure(directory).pipe(
          Effect.provideService(FileSystem.FileSystem, { ...fs, [method]: denied(method) }),
        )
        assert.strictEqual(error.message, `${directory}: permission denied. Allow this user to read it.`)
      }
      const source = yield* makeSource(file).pipe(
        Effect.provideService(FileSystem.FileSystem, { ...fs, open: denied("open") }),
      )
      const error = yield* readFailure(source, yield* onlyFile(source))
      assert.strictEqual(error.operation, "read")
      assert.strictEqual(error.message, `${file}: permission denied. Allow this user to read it.`)
    }),
  )

  it.effect("reads one file of any name, from any byte on, as often as it is asked to", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* makeDirectory
      const names = {
        export: long,
        "export.gz": gzipSync(long),
        "export.csv": gzipSync(long),
        "plain.csv.gz": long,
        "export.zst": zstdCompressSync(long),
        ".hidden": long,
        empty: Buffer.of(),
      }
      for (const [name, stored] of Object.entries(names)) {
        const plain = name === "empty" ? stored : long
        yield* fs.writeFile(path.join(directory, name), stored)
        const source = yield* makeSource(path.join(directory, name))
        const file = yield* onlyFile(source)
        assert.deepStrictEqual([file.name, file.uri, file.size], [name, source.uri, stored.length])
        for (const from of [0, 1, 262_143, 262_144, 500_001, plain.length].filter((byte) => byte <= plain.length)) {
          assert.isTrue((yield* read(source, file, from)).equals(plain.subarray(from)), `${name} from ${from}`)
        }
        const error = yield* readFailure(source, file, plain.length + 1)
        assert.include(error.message, "ends before the byte where reading resumes")
      }
    }),
  )

  it.effect("gives a changed file another fingerprint, and refuses to read it under the old one", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* makeDirectory
      const file = path.join(directory, "users.csv")
      yield* fs.writeFileString(file, "id\n1\n")
      yield* fs.utimes(file, 1_700_000_000, 1_700_000_000)
      const source = yield* makeSource(directory)
      const listed = yield* onlyFile(source)
      assert.strictEqual((yield* onlyFile(source)).fingerprint, listed.fingerprint)

      const changes = {
        "same size, another time": fs.utimes(file, 1_700_000_000, 1_700_000_000.5),
        "same time, another size": Effect.andThen(
          fs.writeFileString(file, "id\n12\n"),
          fs.utimes(file, 1_700_000_000, 1_700_000_000),
        ),
      }
      for (const [name, change] of Object.entries(changes)) {
        yield* change
        assert.notStrictEqual((yield* onlyFile(source)).fingerprint, listed.fingerprint, name)
        const given: Array<Uint8Array> = []
        const error = yield* source.read(listed, 0).pipe(
          Stream.runForEach((chunk) => Effect.sync(() => given.push(chunk))),
          Effect.flip,
        )
        assert.lengthOf(given, 0, name)
        assert.include(error.message, "changed after it was listed", name)
        assert.include(error.message, file, name)
      }
      yield* fs.remove(file)
      assert.include((yield* readFailure(source, listed)).message, "was removed after it was listed")
    }),
  )

  it.effect("sees whether a file is still the one that was listed", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const name = path.join(yield* makeDirectory, "a.csv")
      yield* fs.writeFileString(name, "id\n1\n")
      const source = yield* makeSource(name)
      const file = yield* onlyFile(source)
      yield* source.checkUnchanged(file)
      yield* fs.writeFileString(name, "id\n1\n2\n")
      assert.include((yield* Effect.flip(source.checkUnchanged(file))).message, "changed after it was listed")
      yield* fs.remove(name)
      assert.include((yield* Effect.flip(source.checkUnchanged(file))).message, "was removed after it was listed")
    }),
  )

  it.effect("fails before the end when a file changes while it is read", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* makeDirectory
      const changes = {
        "appended to": (file: string) => fs.writeFileString(file, "more", { flag: "a" }),
        cut: (file: string) => fs.truncate(file, 300_000),
        "written over": (file: string) => fs.writeFile(file, long.toReversed(), { flag: "r+" }),
      }
      for (const [name, change] of Object.entries(changes)) {
        for (const ending of ["csv", "csv.gz"]) {
          const file = path.join(directory, `${name}.${ending}`)
          yield* fs.writeFile(file, ending === "csv" ? long : gzipSync(long, { level: 0 }))
          yield* fs.utimes(file, 1_700_000_000, 1_700_000_000)
          const source = yield* makeSource(file)
          const seen: Array<Uint8Array> = []
          const error = yield* bytesOf(source, yield* onlyFile(source)).pipe(
            Stream.tap((chunk) => (seen.push(chunk) === 1 ? change(file) : Effect.void)),
            Stream.runDrain,
            Effect.flip,
          )
          assert.isAbove(seen.length, 0)
          // Two versions are never spliced: nothing of the second one is handed on.
          const handed = Buffer.concat(seen)
          assert.isTrue(handed.equals(long.subarray(0, handed.length)), `${name}, ${ending}`)
          assert.include(error.message, "changed after it was listed", `${name}, ${ending}`)
        }
      }
    }),
  )

  it.effect("reads the listed file to its end though another takes its name meanwhile", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* makeDirectory
      const file = path.join(directory, "users.csv")
      yield* fs.writeFile(file, long)
      yield* fs.writeFileString(`${file}.new`, "another")
      const source = yield* makeSource(file)
      const chunks = yield* source.read(yield* onlyFile(source), 0).pipe(
        Stream.tap(() => fs.rename(`${file}.new`, file).pipe(Effect.ignore)),
        Stream.runCollect,
      )
      assert.isAbove(chunks.length, 1)
      assert.isTrue(Buffer.concat(chunks).equals(long))
    }),
  )

  it.effect("closes the file at the end, and when the consumer has enough", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(yield* makeDirectory, "users.csv")
      yield* fs.writeFile(file, long)
      let open = 0
      const counting: typeof fs.open = (...given) =>
        Effect.acquireRelease(
          Effect.sync(() => open++),
          () => Effect.sync(() => open--),
        ).pipe(Effect.andThen(fs.open(...given)))
      const source = yield* makeSource(file).pipe(
        Effect.provideService(FileSystem.FileSystem, { ...fs, open: counting }),
      )
      const listed = yield* onlyFile(source)
      const opened = yield* source.read(listed, 0).pipe(
        Stream.take(1),
        Stream.runFold(
          () => 0,
          () => open,
        ),
      )
      assert.strictEqual(opened, 1)
      assert.strictEqual(open, 0)
      yield* source.read(listed, 0).pipe(Stream.runDrain)
      assert.strictEqual(open, 0)
    }),
  )
})
