// The pattern of a source's files: which texts are one, and how the source's URI contains it.

const maxLength = 1_000

/** What a pattern is, for errors. */
export const patternForm =
  "a pattern of paths below the source, such as **/*.csv: not absolute, without empty parts, . and .., not negated by a " +
  "leading !, at most 1000 characters"

/** Whether the text can be the pattern of a source. */
export const isPattern = (text: string): boolean =>
  text.length <= maxLength &&
  !/^!(?!\()/.test(text) &&
  text.split("/").every((part) => part !== "" && part !== "." && part !== "..")

/** Between a folder and the pattern: neither a real path nor a pattern contains it. */
const mark = "/./"

/** The URI of a source with a pattern. Another pattern is another source, so that its runs are others too. */
export const patternUri = (folder: string, pattern: string): string => folder.replace(/\/$/, "") + mark + pattern

/** What the URI of a source names: a folder, with its last slash, and a pattern; or all, without one. */
export const splitUri = (uri: string): { readonly named: string; readonly pattern: string | undefined } => {
  const index = uri.lastIndexOf(mark)
  return index < 0
    ? { named: uri, pattern: undefined }
    : { named: uri.slice(0, index + 1), pattern: uri.slice(index + mark.length) }
}
