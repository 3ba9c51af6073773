// Reads an HTML page strictly.

/** The names of a page's elements, its attributes, and its text, with entities resolved. */
export interface Markup {
  readonly elements: ReadonlyArray<string>
  readonly attributes: ReadonlyArray<readonly [element: string, name: string, value: string]>
  readonly text: string
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" }

const resolve = (text: string): string => {
  if (/[<>]/.test(text)) throw new Error(`not escaped: ${text.slice(0, 200)}`)
  return text.replaceAll(/&([^;\s]*;?)/g, (whole, name: string) => {
    const character = entities[name.slice(0, -1)]
    if (!name.endsWith(";") || character === undefined) throw new Error(`no entity: ${whole}`)
    return character
  })
}

const tag =
  /<(?:(?<doctype>!doctype html)|\/(?<close>[a-z0-9]+)|(?<open>[a-z0-9]+)(?<attributes>(?:\s+[a-zA-Z0-9:-]+="[^"]*")*)\s*(?<empty>\/)?)>/y

/** Reads a page as strictly as XML: every element closed, every attribute quoted, every special character escaped. */
export const readMarkup = (page: string): Markup => {
  const elements: Array<string> = []
  const attributes: Array<readonly [string, string, string]> = []
  const open: Array<string> = []
  let text = ""
  for (let at = 0; at < page.length;) {
    const next = page.indexOf("<", at)
    text += resolve(page.slice(at, next === -1 ? page.length : next))
    if (next === -1) break
    tag.lastIndex = next
    const groups = tag.exec(page)?.groups
    if (groups === undefined) throw new Error(`no tag: ${page.slice(next, next + 200)}`)
    at = tag.lastIndex
    if (groups.close !== undefined && open.pop() !== groups.close) throw new Error(`</${groups.close}> closes another`)
    if (groups.open === undefined) continue
    elements.push(groups.open)
    for (const [, name, value] of groups.attributes!.matchAll(/([a-zA-Z0-9:-]+)="([^"]*)"/g)) {
      attributes.push([groups.open, name!, resolve(value!)])
    }
    if (groups.empty === undefined) open.push(groups.open)
    if (groups.open === "style") at = page.indexOf("</style>", at)
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(", ")}`)
  return { elements, attributes, text }
}
