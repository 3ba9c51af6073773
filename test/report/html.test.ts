import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { printable } from "../../src/text/printable.ts"
import { html } from "../../src/report/html.ts"
import { readMarkup } from "../utils/markup.ts"

const special = [
  "<",
  ">",
  "&",
  '"',
  "'",
  "</p>",
  "<!--",
  "]]>",
  "\u0000",
  "\u202e",
  "\ud800",
  "&lt;",
  "javascript:",
  "",
]

const Hostile = Schema.Array(Schema.Union([Schema.Literals(special), Schema.String]))

describe("html", () => {
  it.prop("gives any text back as it is, from elements and attributes", { parts: Hostile }, ({ parts }) => {
    const text = parts.join("")
    const markup = readMarkup(html`<p title="${text}">${text}<b>${[text, 1, null]}</b></p>`.markup)
    const shown = printable(text.toWellFormed())
    assert.deepStrictEqual(markup.elements, ["p", "b"])
    assert.deepStrictEqual(markup.attributes, [["p", "title", shown]])
    assert.strictEqual(markup.text, `${shown}${shown}1`)
  })

  it("takes markup that it has made itself as it is, and nothing else", () => {
    assert.strictEqual(html`<p>${[html`<b>${1}</b>`, "<b>"]}</p>`.markup, "<p><b>1</b>&lt;b&gt;</p>")
  })
})
