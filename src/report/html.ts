// Builds HTML in which every text is escaped.

import { printable } from "../text/printable.ts"

/** Markup that is complete and safe: made by `html` alone. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

/** What a template may contain: text is escaped, wherever it comes from; null is nothing. */
export type Content = string | number | Html | null | ReadonlyArray<Content>

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/**
 * Text for an element or a quoted attribute. Characters that do not print, or change the direction of text, become
 * visible.
 */
const escape = (text: string): string =>
  printable(text.toWellFormed()).replaceAll(/[&<>"']/g, (character) => entities[character]!)

const render = (part: Content): string => {
  if (part === null) return ""
  if (typeof part === "string") return escape(part)
  if (typeof part === "number") return String(part)
  return part instanceof Html ? part.markup : part.map(render).join("")
}

/** Without the indentation, which is for the source alone. */
const compact = (template: string): string => template.replaceAll(/\s*\n\s*/g, "\n")

/** Builds markup: the template is ours; every part is escaped, unless it is markup already. */
export const html = (template: TemplateStringsArray, ...parts: ReadonlyArray<Content>): Html =>
  new Html(template.map(compact).reduce((markup, text, index) => markup + render(parts[index - 1] ?? null) + text))
