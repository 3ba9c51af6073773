import { domainToASCII } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { readEmail } from "../../src/domain/emailAddress.ts"
import { Problem } from "../../src/domain/Problem.ts"

const shown = (text: string): string => {
  const read = readEmail(text)
  return read instanceof Problem ? `: ${read.message}` : read
}

/** The rule of `<input type=email>`, as HTML states it. */
const html =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/

const invalid = ": is not a valid e-mail address"
const two = ": has two addresses in one field"

describe("readEmail", () => {
  it.each([
    // The same user in both spellings.
    ["info@müller.example", "info@xn--mller-kva.example"],
    ["info@xn--mller-kva.example", "info@xn--mller-kva.example"],
    ["Info@MÜLLER.Example", "info@xn--mller-kva.example"],
    ["info@mu\u0308ller.example", "info@xn--mller-kva.example"],
    ["info@faß.de", "info@xn--fa-hia.de"],
    ["info@例え。jp", "info@xn--r8jz45g.jp"],
    ["info@пример.рф", "info@xn--e1afmkfd.xn--p1ai"],
    ["a@b.c", "a@b.c"],
    [" A@B.C\u00a0", "a@b.c"],
    ["mailto:Ada@x.example", "ada@x.example"],
    ["MAILTO:ada@x.example?subject=a@b", "ada@x.example"],
    ["mailto:ada%2Bx@x.example", "ada+x@x.example"],
    ["mailto://ada@x.example", "ada@x.example"],
    ["Ada Lovelace <ada@x.example>", "ada@x.example"],
    ['"Lovelace, Ada" <ADA@x.example>', "ada@x.example"],
    ["<ada@x.example>", "ada@x.example"],
    ["<mailto:ada@müller.example>", "ada@xn--mller-kva.example"],
    ["ada@x.example <Ada@X.example>", "ada@x.example"],
    ["'ada@x.example' <ada@x.example>", "ada@x.example"],
    ["Ada < ada@x.example >", "ada@x.example"],
  ])("reads %s as %s", (text, expected) => {
    assert.strictEqual(shown(text), expected)
    assert.strictEqual(shown(expected), expected)
  })

  it.each([
    ["", ": is missing"],
    [" ", ": is missing"],
    ["<>", ": is missing"],
    ["mailto:", ": is missing"],
    ["\u200bada@x.example", ": has U+200B, an invisible character"],
    ["ada@x\u00ad.example", ": has U+00AD, an invisible character"],
    ["ada@x.example\u202c", ": has U+202C, an invisible character"],
    ["ada\0@x.example", ": has U+0000, an invisible character"],
    ["ada @x.example", ": has U+0020, a space"],
    ["ada@x\u00a0.example", ": has U+00A0, a space"],
    ["müller@x.example", ": has U+00FC, which cannot stand before the @"],
    ["ada@x.example,", ": has U+002C, which cannot stand after the @"],
    ["ada@x_y.example", ": has U+005F, which cannot stand after the @"],
    ["ada@😀.example", ": has U+1F600, which cannot stand after the @"],
    ["ada@x.example, bob@x.example", two],
    ["ada@x.example;bob@x.example", two],
    ["ada@x.example bob@x.example", two],
    ["Ada <ada@x.example>, Bob <bob@x.example>", two],
    ["bob@x.example <ada@x.example>", two],
    ["mailto:ada@x.example,bob@x.example", two],
    ["ada@@x.example", ": has more than one @"],
    ["ada", invalid],
    ["bob@x.example <ada>", invalid],
    ["ada@", invalid],
    ["@x.example", invalid],
    ["ada@x..example", invalid],
    ["ada@-ü.example.", invalid],
    ["ada@ü..example", invalid],
    ["ada@ü.1", invalid],
    ["mailto:ada%@x.example", invalid],
    // Look-alikes, neither another spelling of an address in ASCII.
    ["ada@\u212a.example", ": has U+212A, which cannot stand after the @"],
    ["ada@x.ｅxample.com", ": has U+FF45, which cannot stand after the @"],
    ["ada@xn--a.ü.example", invalid],
    [`${"a".repeat(309)}@example.com`, ": is longer than 320 characters"],
    [`${"a".repeat(300)}@müllermüller.de`, ": is longer than 320 characters"],
  ])("rejects %s", (text, message) => {
    assert.strictEqual(shown(text), message)
  })

  const pieces = [
    "a",
    "Z",
    "0",
    ".",
    "-",
    "@",
    "@",
    "+",
    "\u212a",
    "ä",
    " ",
    "\u200b",
    "<",
    ">",
    ",",
    "mailto:",
    "?",
    "%",
    "%41",
    "。",
    "xn--",
    "'",
  ]
  it.prop(
    "reads what it accepted before as before, and what it has read as itself",
    { parts: Schema.Array(Schema.Literals(pieces)) },
    ({ parts }) => {
      const text = parts.join("")
      const read = readEmail(text)
      if (html.test(text.trim()) && text.trim().length <= 320) assert.strictEqual(read, text.trim().toLowerCase())
      if (read instanceof Problem) return
      assert.match(read, html)
      assert.strictEqual(readEmail(read), read)
    },
    { arbitrary: { runs: 2000 } },
  )

  const letters = ["a", "ü", "Ü", "ß", "é", "日", "本", "я", "ж", "ñ", "1"]
  it.prop(
    "has the punycode of another implementation",
    {
      labels: Schema.Array(Schema.Array(Schema.Literals(letters)).check(Schema.isNonEmpty())).check(
        Schema.isNonEmpty(),
      ),
    },
    ({ labels }) => {
      const domain = labels.map((label) => label.join("")).join(".")
      const ascii = domainToASCII(domain)
      const read = readEmail(`x@${domain}`)
      if (read instanceof Problem) {
        // A name of digits is an IPv4 address to URLs; a label of more than 63 characters is none.
        assert.isTrue(
          ascii === "" || ascii.split(".").some((label) => label.length > 63) || `x@${domain}`.length > 320,
          domain,
        )
      } else if (/[^\0-\x7f]/.test(domain)) assert.strictEqual(read, `x@${ascii}`)
    },
    { arbitrary: { runs: 500 } },
  )

  it("reads a text of 100 KB in a moment, whatever it repeats", () => {
    for (const piece of [...pieces, "a@", "<a@b>", "a@b.c,", " \t", "ä@"]) {
      for (const head of ["", "mailto:", "a@", "x <", "a@ä"]) {
        for (const tail of ["", ">", "@b.c"]) {
          const text = head + piece.repeat(100_000 / piece.length) + tail
          const start = performance.now()
          readEmail(text)
          assert.isBelow(performance.now() - start, 500, `${head} ${piece}`)
        }
      }
    }
  })
})
