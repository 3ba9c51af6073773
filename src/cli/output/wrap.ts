// Wraps text to a width.

/**
 * Breaks a text at its spaces into lines of at most `width` characters; longer words are broken. No-break spaces do not
 * break, and become plain ones.
 */
export const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ").filter((part) => part !== "")) {
    const longer = line === "" ? word : `${line} ${word}`
    if (longer.length <= width) {
      line = longer
      continue
    }
    if (line !== "") lines.push(line)
    line = word
    while (line.length > width) {
      lines.push(line.slice(0, width))
      line = line.slice(width)
    }
  }
  return [...lines, ...(line === "" ? [] : [line])].map((text) => text.replaceAll("\u00a0", " "))
}

/** The same with an indent, which counts as part of the width; `first`: that of the first line. */
export const hang = (indent: string, text: string, width: number, first = indent): ReadonlyArray<string> =>
  wrap(text, width - indent.length).map((line, index) => `${index === 0 ? first : indent}${line}`)
