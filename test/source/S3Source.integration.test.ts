import { inspect } from "node:util"
import { afterEach, assert, describe, layer, vi } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Redacted } from "effect"
import * as S3Source from "../../src/source/S3Source.ts"
import { Source } from "../../src/source/Source.ts"
import { bucket, makeSetting, withBucket, xmlError } from "../utils/s3Setting.ts"
import { S3Server } from "../utils/s3.ts"
import { list, listed, onlyFile, read, readFailure } from "../utils/sources.ts"

afterEach(() => {
  vi.unstubAllEnvs()
})

/** Nothing of the machine that runs the tests. */
const stubCredentials = (variables: Record<string, string>) =>
  Effect.sync(() => {
    for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"]) {
      vi.stubEnv(name, undefined)
    }
    for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, "/dev/null")
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, undefined)
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true")
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  })

layer(withBucket)("S3Source", (it) => {
  describe("files", () => {
    it.effect("lists every page, in name order", () =>
      Effect.gen(function* () {
        const { put, source, seen, prefix } = yield* makeSetting
        const keys = Array.from({ length: 1001 }, (_, index) => `part-${String(index).padStart(4, "0")}.csv`)
        yield* Effect.forEach(keys, (key) => put(key, key), { concurrency: 16 })
        const s3 = yield* source()
        const listed = yield* list(s3)
        assert.strictEqual(s3.uri, `s3://${bucket}/${prefix}`)
        assert.deepStrictEqual(
          listed.map((file) => file.name),
          keys,
        )
        assert.strictEqual(seen.length, 2)
      }),
    )

    it.effect(
      "takes keys that begin with the prefix, as a plain string, and end in .csv or .tsv, also compressed",
      () =>
        Effect.gen(function* () {
          const { put, source, prefix } = yield* makeSetting
          const taken = ["users.csv", "users/a b+c(1)é%20.csv", "users/x.CSV.GZ", "users_old.tsv.zst"]
          const others = ["users/notes.txt", "users/x.csv.zip", "users_success"]
          const stray = ["users/.a.csv", "users/__MACOSX/a.csv", "users/~$a.csv", "users/a.csv.crdownload"]
          for (const key of [...taken, ...others, ...stray, "user.csv"]) yield* put(key, "id\n1\n")
          const { files, reports } = yield* listed(yield* source({ prefix: `${prefix}users` }))
          assert.deepStrictEqual(reports, [
            [
              [
                `Left out: ${prefix}users/notes.txt, ${prefix}users_success. Without a pattern only .csv and .tsv files, also with .gz or .zst, are loaded.`,
                `Left out: ${prefix}users/x.csv.zip. Unpack archives first.`,
              ],
              [
                `Skipped hidden files, lock files or partial downloads: ${[stray[0], stray[1], stray[3]].map((key) => prefix + key).join(", ")} and 1 more.`,
              ],
            ],
          ])
          assert.deepStrictEqual(
            files.map((file) => file.uri),
            taken.map((key) => `s3://${bucket}/${prefix}${key}`),
          )
          assert.deepStrictEqual(
            files.map((file) => file.name),
            ["users.csv", "a b+c(1)é%20.csv", "x.CSV.GZ", "users_old.tsv.zst"],
          )
          assert.deepStrictEqual(
            files.map((file) => file.size),
            [5, 5, 5, 5],
          )
        }),
    )

    it.effect("takes the key that is the prefix, whatever its name", () =>
      Effect.gen(function* () {
        const { put, source, prefix } = yield* makeSetting
        for (const key of ["export", "export.csv", "export.txt", "other", ".hidden"]) yield* put(key, "id\n1\n")
        const names = (key: string) =>
          Effect.map(Effect.flatMap(source({ prefix: prefix + key }), list), (files) => files.map(({ name }) => name))
        assert.deepStrictEqual(yield* names("export"), ["export", "export.csv"])
        assert.deepStrictEqual(yield* names("export.txt"), ["export.txt"])
        assert.deepStrictEqual(yield* names(".hidden"), [".hidden"])
        const none = yield* Effect.flip(names("oth"))
        assert.include(none.message, `Check the prefix. Found: ${prefix}other.`)
      }),
    )

    it.effect("takes the keys that a pattern matches below the folder that the prefix names", () =>
      Effect.gen(function* () {
        const { put, source, seen, prefix } = yield* makeSetting
        const keys = ["dt=1/a.csv", "dt=1/b/c.csv", "dt=1/.a.csv", "dt=1/n.txt", "x.csv", "d/dt=1/a.csv"]
        for (const key of [...keys.map((key) => `in/${key}`), "in-old/dt=1/a.csv", "dt=1/a.csv"]) yield* put(key, key)
        for (const given of [`${prefix}in`, `${prefix}in/`]) {
          const s3 = yield* source({ prefix: given, pattern: "dt=*/**/*.csv" })
          assert.strictEqual(s3.uri, `s3://${bucket}/${prefix}in/./dt=*/**/*.csv`)
          const { files, reports } = yield* listed(s3)
          assert.deepStrictEqual(
            files.map(({ uri }) => uri),
            [`s3://${bucket}/${prefix}in/dt=1/a.csv`, `s3://${bucket}/${prefix}in/dt=1/b/c.csv`],
          )
          assert.deepStrictEqual(reports, [
            [
              [],
              [
                `Skipped hidden files, lock files or partial downloads: ${prefix}in/dt=1/.a.csv.`,
                `Not taken by the pattern: ${prefix}in/dt=1/n.txt.`,
              ],
            ],
          ])
        }
        // Keys that no file of the pattern can have are not asked for.
        assert.include(decodeURIComponent(seen[0]!.url), `prefix=${prefix}in/dt=`)
        const none = yield* Effect.flip(Effect.flatMap(source({ prefix: `${prefix}in`, pattern: "*.tsv" }), list))
        assert.include(none, { reason: "noFile" })
        assert.include(
          none.message,
          `/in/./*.tsv: The pattern takes no key of the folder ${prefix}in/. Check the prefix and the pattern. Found: ${prefix}in/d/dt=1/a.csv, `,
        )
        const all = yield* list(yield* source({ prefix: "", pattern: `${prefix.slice(0, -1)}/*/{x,y}.csv` }))
        assert.deepStrictEqual(
          all.map(({ name }) => name),
          ["x.csv"],
        )
        assert.include(yield* Effect.flip(source({ pattern: "/a" })), { reason: "pattern" })
      }),
    )

    it.effect("decodes keys that XML could not carry", () =>
      Effect.gen(function* () {
        const { source, state, prefix } = yield* makeSetting
        const page = (keys: string) =>
          `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${keys}</ListBucketResult>`
        const object = (key: string) =>
          `<Contents><Key>${prefix}${key}</Key><ETag>&quot;1&quot;</ETag><Size>1</Size></Contents>`
        let keys = object("%01a%0D+b%2Bc.csv") + object("folder.csv/")
        state.faults = () => ({ answer: 200, body: page(keys) })
        const files = list(yield* source())
        assert.deepStrictEqual(
          (yield* files).map((file) => file.name),
          ["\u0001a\r b+c.csv"],
        )
        keys = object("100%.csv")
        assert.include((yield* Effect.flip(files)).message, "cannot be decoded: ")
        keys = `<Contents><Key>a.csv</Key><Size>1</Size></Contents>`
        assert.include((yield* Effect.flip(files)).message, "gives no ETag or size for a.csv")
      }),
    )

    it.effect("does not take a first page for the whole", () =>
      Effect.gen(function* () {
        const { source, state } = yield* makeSetting
        for (const token of ["", "<NextContinuationToken>same</NextContinuationToken>"]) {
          const body = `<ListBucketResult><IsTruncated>true</IsTruncated>${token}</ListBucketResult>`
          state.faults = () => ({ answer: 200, body })
          const error = yield* Effect.flip(list(yield* source()))
          assert.include(error.message, "lists its first 1,000 keys only")
        }
      }),
    )

    it.effect("gives a changed object another fingerprint", () =>
      Effect.gen(function* () {
        const { put, source } = yield* makeSetting
        yield* put("a.csv", "1")
        const files = list(yield* source())
        const [first] = yield* files
        assert.strictEqual((yield* files)[0]!.fingerprint, first!.fingerprint)
        yield* put("a.csv", "2")
        assert.notStrictEqual((yield* files)[0]!.fingerprint, first!.fingerprint)
      }),
    )
  })

  describe("who asks", () => {
    it.effect("is nobody, unless requests are signed", () =>
      Effect.gen(function* () {
        const { credentials } = yield* S3Server
        const { put, source, seen } = yield* makeSetting
        yield* stubCredentials({ ...credentials, AWS_SESSION_TOKEN: "session-token" })
        yield* put("a.csv", "id\n")
        const anonymous = yield* source()
        yield* read(anonymous, yield* onlyFile(anonymous))
        assert.lengthOf(seen, 2)
        for (const { headers, url } of seen) {
          assert.notMatch(JSON.stringify({ headers, url }), /authorization|signature|credential|token/i)
        }
        vi.stubEnv("AWS_SESSION_TOKEN", undefined)
        const signed = yield* source({ sign: true })
        assert.strictEqual((yield* read(signed, yield* onlyFile(signed))).toString(), "id\n")
        for (const { headers } of seen.slice(2)) {
          assert.match(headers.authorization ?? "", /^AWS4-HMAC-SHA256 Credential=S3RVER\//)
        }
      }),
    )

    it.effect("gets errors without secrets that say what to do", () =>
      Effect.gen(function* () {
        const { credentials } = yield* S3Server
        const { source, state, endpoint } = yield* makeSetting
        const secret = "wrong-secret-key"
        const failure = Effect.fnUntraced(function* (variables: Record<string, string>) {
          yield* stubCredentials(variables)
          const withPassword = endpoint.replace("//", "//user:password@")
          const error = yield* Effect.flip(list(yield* source({ sign: true, endpoint: withPassword })))
          const told = `${error} ${JSON.stringify(error)} ${inspect(error, { depth: null, showHidden: true })}`
          assert.notMatch(told, /wrong-secret-key|session-token|password/)
          assert.notProperty(error, "cause")
          assert.notInclude(error.message, "--")
          return `${error.reason}: ${error.message}`
        })
        assert.include(yield* failure({}), "No AWS credentials that work were found")
        assert.match(yield* failure({}), /^noCredentials: /)
        const wrong = { AWS_ACCESS_KEY_ID: "unknown", AWS_SECRET_ACCESS_KEY: secret }
        assert.include(yield* failure(wrong), "refused the AWS credentials (InvalidAccessKeyId)")
        assert.match(yield* failure(wrong), /^refusedCredentials: /)
        state.faults = () => xmlError(403, "SignatureDoesNotMatch", "<SignatureProvided>0123</SignatureProvided>")
        assert.include(yield* failure({ ...credentials, AWS_SECRET_ACCESS_KEY: secret }), "(SignatureDoesNotMatch)")
        state.faults = () => xmlError(400, "ExpiredToken", "<Token-0>session-token</Token-0>")
        assert.include(yield* failure({ ...wrong, AWS_SESSION_TOKEN: "session-token" }), "(ExpiredToken). Renew")
        state.faults = () => xmlError(403, "RequestTimeTooSkewed")
        assert.include(yield* failure(wrong), "set the clock")
      }),
    )

    it.effect("is told where access is denied: to sign, or which rights are missing", () =>
      Effect.gen(function* () {
        const { credentials } = yield* S3Server
        const { put, source, state } = yield* makeSetting
        yield* stubCredentials(credentials)
        yield* put("a.csv", "id\n")
        const [anonymous, signed] = [yield* source(), yield* source({ sign: true })]
        const file = yield* onlyFile(anonymous)
        for (const denial of [xmlError(403, "AccessDenied"), { answer: 403 }]) {
          state.faults = () => denial
          const error = yield* Effect.flip(list(anonymous))
          assert.include(error.message, `the bucket "${bucket}" is denied. The request was anonymous: sign requests`)
          assert.strictEqual(error.reason, "needsCredentials")
          const unread = yield* readFailure(anonymous, file)
          assert.include(unread.message, "the object is denied. The request was anonymous")
          assert.strictEqual(unread.reason, "needsCredentials")
          const unsigned = yield* Effect.flip(list(signed))
          assert.include(unsigned.message, "need s3:ListBucket")
          assert.strictEqual(unsigned.reason, "forbidden")
        }
      }),
    )
  })

  const regionOf = (headers: { readonly authorization?: string | undefined }) =>
    /\/([a-z0-9-]+)\/s3\/aws4_request/.exec(headers.authorization ?? "")?.[1]

  describe("layer, of options alone", () => {
    const make = (options: S3Source.S3Options) => Effect.map(Layer.build(S3Source.layer(options)), Context.get(Source))

    /** What would break each request, or send it elsewhere. */
    const misleading = {
      AWS_REGION: "nowhere-1",
      AWS_DEFAULT_REGION: "nowhere-2",
      AWS_PROFILE: "missing",
      AWS_ACCESS_KEY_ID: "WRONG",
      AWS_SECRET_ACCESS_KEY: "wrong",
      AWS_MAX_ATTEMPTS: "many",
      AWS_RETRY_MODE: "none of the SDK's",
      AWS_DEFAULTS_MODE: "none of the SDK's",
      AWS_USE_FIPS_ENDPOINT: "perhaps",
      AWS_USE_DUALSTACK_ENDPOINT: "perhaps",
      AWS_S3_USE_ARN_REGION: "perhaps",
      AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS: "perhaps",
      AWS_S3_DISABLE_EXPRESS_SESSION_AUTH: "perhaps",
      AWS_REQUEST_CHECKSUM_CALCULATION: "perhaps",
      AWS_RESPONSE_CHECKSUM_VALIDATION: "perhaps",
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
      AWS_AUTH_SCHEME_PREFERENCE: "sigv4a",
      AWS_SDK_UA_APP_ID: "the host's",
    }

    it.effect("reads no variable, and signs with the credentials given", () =>
      Effect.gen(function* () {
        const { credentials } = yield* S3Server
        const { put, endpoint, prefix, seen } = yield* makeSetting
        yield* stubCredentials(misleading)
        yield* put("a.csv", "id\n")
        const provider = ConfigProvider.layer(ConfigProvider.fromUnknown(misleading))
        yield* Effect.gen(function* () {
          const anonymous = yield* make({ bucket, endpoint, prefix })
          assert.strictEqual((yield* read(anonymous, yield* onlyFile(anonymous))).toString(), "id\n")
          const keys = {
            accessKeyId: credentials.AWS_ACCESS_KEY_ID,
            secretAccessKey: Redacted.make(credentials.AWS_SECRET_ACCESS_KEY),
            sessionToken: Redacted.make("session"),
          }
          const signed = yield* make({ bucket, endpoint, prefix, region: "eu-west-3", credentials: keys })
          assert.strictEqual((yield* read(signed, yield* onlyFile(signed))).toString(), "id\n")
        }).pipe(Effect.provide(provider))
        assert.deepStrictEqual(
          seen.map(({ headers }) => [headers.authorization?.includes("Credential=S3RVER/"), regionOf(headers)]),
          [
            [undefined, undefined],
            [undefined, undefined],
            [true, "eu-west-3"],
            [true, "eu-west-3"],
          ],
        )
        assert.deepStrictEqual(
          seen.map(({ headers }) => headers["x-amz-security-token"]),
          [undefined, undefined, "session", "session"],
        )
        assert.notInclude(JSON.stringify(seen.map(({ headers }) => headers["user-agent"])), "host")
      }),
    )
  })

  describe("where", () => {
    it.effect("is the region given, that of the environment, or us-east-1", () =>
      Effect.gen(function* () {
        const { credentials } = yield* S3Server
        const { put, source, seen } = yield* makeSetting
        yield* stubCredentials(credentials)
        yield* put("a.csv", "id\n")
        const both = { AWS_REGION: "eu-west-3", AWS_DEFAULT_REGION: "eu-north-1" }
        const cases = [
          [{}, undefined, "us-east-1"],
          [{ AWS_DEFAULT_REGION: "eu-north-1", AWS_REGION: "" }, undefined, "eu-north-1"],
          [both, undefined, "eu-west-3"],
          [both, "ap-south-1", "ap-south-1"],
        ] as const
        for (const [environment, region, expected] of cases) {
          const provider = ConfigProvider.layer(ConfigProvider.fromUnknown(environment))
          yield* Effect.flatMap(source({ sign: true, region }), onlyFile).pipe(Effect.provide(provider))
          assert.strictEqual(regionOf(seen.at(-1)!.headers), expected)
        }
      }),
    )

    it.effect("is the region where S3 says that the bucket is", () =>
      Effect.gen(function* () {
        const { credentials } = yield* S3Server
        const { put, source, state, seen } = yield* makeSetting
        yield* stubCredentials(credentials)
        yield* put("a.csv", "id\n")
        const redirects = [
          xmlError(301, "PermanentRedirect", "", { "x-amz-bucket-region": "eu-west-1" }),
          xmlError(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
        ]
        for (const redirect of redirects) {
          state.faults = ({ headers }) => (regionOf(headers) === "eu-west-1" ? undefined : redirect)
          const before = seen.length
          const s3 = yield* source({ sign: true })
          assert.strictEqual((yield* read(s3, yield* onlyFile(s3))).toString(), "id\n")
          assert.strictEqual(seen.length, before + 3)
        }
        state.faults = () => redirects[0]
        const error = yield* Effect.flip(list(yield* source()))
        assert.include(error.message, "is elsewhere (eu-west-1). Check the region and the endpoint.")
        assert.strictEqual(error.reason, "otherRegion")
      }),
    )

    it.effect("is told when there is no such bucket, no such key, no such host, no S3", () =>
      Effect.gen(function* () {
        const { source, state, port, endpoint, prefix } = yield* makeSetting
        const failure = (options: Partial<S3Source.S3ConfigOptions>) =>
          source(options).pipe(Effect.flatMap(list), Effect.catchTag("ConfigError", Effect.die), Effect.flip)
        const missing = yield* failure({ bucket: "missing" })
        assert.strictEqual(
          missing.message,
          `s3://missing/${prefix}: 127.0.0.1:${port} has no bucket "missing". Check the bucket and the endpoint.`,
        )
        assert.strictEqual(missing.reason, "noBucket")
        const empty = yield* failure({})
        assert.include(empty.message, "No key with this prefix ends in .csv or .tsv, also with .gz or .zst. Check")
        assert.strictEqual(empty.reason, "noFile")
        assert.include((yield* failure({ bucket: "s3://a/b" })).message, "InvalidBucketName")
        const unreachable = yield* failure({ endpoint: "http://127.0.0.1:1" })
        assert.include(unreachable.message, "127.0.0.1:1 cannot be reached (ECONNREFUSED)")
        assert.strictEqual(unreachable.reason, "unreachable")
        const unknown = yield* failure({ endpoint: "http://no-such-host.invalid" })
        assert.match(unknown.message, /No address found for no-such-host\.invalid \((ENOTFOUND|EAI_AGAIN)\)\. Check/)
        for (const wrong of ["localhost:9000", "user:password@host", ""]) {
          const error = yield* failure({ endpoint: wrong })
          assert.include(error.message, "The endpoint must be a URL")
          assert.strictEqual(error.reason, "invalidEndpoint")
          assert.notInclude(error.message, "password")
        }
        for (const answer of [200, 404]) {
          state.faults = () => ({ answer, body: "<html><body>Welcome<br></body></html>" })
          assert.include((yield* failure({})).message, `${new URL(endpoint).host} failed: ${answer}, `)
        }
        state.faults = () => xmlError(403, "InvalidObjectState")
        assert.include((yield* failure({})).message, "is archived. Restore it")
      }),
    )
  })
})
