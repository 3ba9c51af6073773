// Compares what a command prints with what a page shows: times and the widths of columns may differ.

const months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"

const masks: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?/g, "DATE"],
  [new RegExp(`\\b(?:${months}) +\\d+ \\d\\d:\\d\\d\\b`, "g"), "DATE"],
  [/\b[\d,.]+ days ago\b/g, "AGE"],
  [/\b[\d,.]+ (?:ms|s|min|h|[kMG]?B\/s|[a-z]+\/s)(?![\w])/g, "TIME"],
  // The last columns of a table of files: seconds, and records a second.
  [/ \d+\.\d +[\d,]+$/gm, " TIME RATE"],
  [/-{3,}/g, "---"],
  [/ {2,}/g, " "],
  [/ +$/gm, ""],
]

/** Warns once the installed .mmdb files are old, which is true on some days only. */
const isAgeWarning = (line: string): boolean => /\.mmdb: built on /.test(line)

const mask = (text: string): string =>
  masks.reduce(
    (masked, [pattern, name]) => masked.replaceAll(pattern, name),
    text
      .split("\n")
      .filter((line) => !isAgeWarning(line))
      .join("\n"),
  )

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/**
 * Undefined where the output has the expected lines; else both, masked. A line `...` stands for any lines, and one that
 * ends with a backslash goes on in the next.
 */
export const difference = (actual: string, expected: string): string | undefined => {
  const printed = mask(actual).trimEnd()
  const shown = mask(expected.replaceAll(/\\\n */g, "")).trimEnd()
  const pattern = shown
    .split("\n")
    .map((line) => (line.trim() === "..." ? String.raw`(?:.*\n)*?` : `${escape(line)}\n`))
    .join("")
  return new RegExp(`^${pattern}$`).test(`${printed}\n`)
    ? undefined
    : `The page shows\n${shown}\nPrinted is\n${printed}`
}
