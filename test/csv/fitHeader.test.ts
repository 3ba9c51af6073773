import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { fitHeader } from "../../src/csv/fitHeader.ts"

const fit = (columns: Parameters<typeof ColumnMapping.make>[0], ...fields: ReadonlyArray<string>) =>
  fitHeader(ColumnMapping.make(columns), fields, ",")

const fitted = (...given: Parameters<typeof fit>) => Result.getOrThrow(fit(...given))

describe("fitHeader", () => {
  const either = { Email: "email", "E-Mail Address": "email", IP: "ip_address" } as const

  it.each(["Email", "E-Mail Address", "e-mail address"])("takes any header of a column: %s", (name) => {
    const { ownMapping, positions } = fitted(either, "IP", name)
    assert.deepInclude(positions, { email: 1, ip_address: 0, first_name: -1 })
    assert.deepStrictEqual(
      Array.from(ownMapping.values(), ({ column }) => column),
      ["email", "ip_address"],
    )
  })

  it("refuses a file that has two headers of one column, or none of them", () => {
    const both = Result.getOrThrow(Result.flip(fit(either, "Email", "IP", "E-Mail Address")))
    assert.deepInclude(both, { missing: [], competing: [["email", ["Email", "E-Mail Address"]]] })
    const none = Result.getOrThrow(Result.flip(fit(either, "Mail", "IP")))
    assert.deepInclude(none, { missing: [["Email", "E-Mail Address"]], competing: [] })
  })

  it("takes what is said of the header that the file has", () => {
    const columns = {
      Mail: "email",
      Joined: { column: "created_at", format: "DD/MM/YYYY" },
      Since: { column: "created_at", format: "MM/DD/YYYY" },
    } as const
    assert.deepStrictEqual(fitted(columns, "Since", "Mail").ownMapping.get("Since"), columns.Since)
  })

  const others = { Mail: "email", Phone: "extra.phone", "*": "extra" } as const

  it("keeps a field under its name, and the others under theirs", () => {
    const { extra, notLoaded } = fitted(others, "Tags", "phone", "Mail", " Tags ", "", "Tags (2)", "Phone", "Tags")
    assert.deepStrictEqual(extra, [
      { name: "Tags", position: 0 },
      { name: "phone (2)", position: 1 },
      { name: "Tags (2)", position: 3 },
      { name: "column 5", position: 4 },
      { name: "Tags (2) (2)", position: 5 },
      { name: "phone", position: 6 },
      { name: "Tags (3)", position: 7 },
    ])
    assert.deepStrictEqual(notLoaded, [])
  })

  it("numbers 20,000 fields of one name at once", () => {
    const start = process.cpuUsage()
    const { extra } = fitted(others, "Mail", "Phone", "Tag (2)", ...Array.from({ length: 20_000 }, () => "Tag"))
    assert.strictEqual(new Set(extra.map(({ name }) => name)).size, 20_002)
    assert.deepStrictEqual(extra.at(-1), { name: "Tag (20001)", position: 20_002 })
    assert.isBelow(process.cpuUsage(start).user, 2_000_000)
  })

  it("names the fields that nothing keeps", () => {
    const { extra, notLoaded } = fitted({ Mail: "email", Phone: "extra.phone" }, "Firma", "Phone", "Mail", "", "Firma")
    assert.deepStrictEqual(extra, [{ name: "phone", position: 1 }])
    assert.deepStrictEqual(notLoaded, ["Firma", "column 4", "Firma"])
  })

  it("needs no other field for *, but every header that is named", () => {
    assert.deepStrictEqual(fitted(others, "Mail", "Phone").extra, [{ name: "phone", position: 1 }])
    const { missing } = Result.getOrThrow(Result.flip(fit(others, "Mail", "Fax")))
    assert.deepStrictEqual(missing, [["Phone"]])
  })

  it("takes a header * for a column where the mapping says so", () => {
    assert.deepStrictEqual(fitted({ "*": "extra.rest", Mail: "email" }, "Mail", "*").extra, [
      { name: "rest", position: 1 },
    ])
    assert.strictEqual(fitted({ "*": "first_name", Mail: "email" }, "Mail", "*").positions.first_name, 1)
  })
})
