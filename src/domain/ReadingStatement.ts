/** A statement that only reads, as `etl sql` runs it; `text` is what PostgreSQL gets. */
export type ReadingStatement =
  /** Goes behind DECLARE ... CURSOR FOR, where PostgreSQL takes SELECT, VALUES, TABLE and WITH, and refuses all else. */
  | { readonly _tag: "Query"; readonly text: string }
  | { readonly _tag: "Show"; readonly text: string }
  /** `query`: what EXPLAIN ANALYZE would execute; it has to pass as a Query first. Undefined where nothing is executed. */
  | { readonly _tag: "Explain"; readonly text: string; readonly query: string | undefined }

const spaceAndComments = /^(?:\s|--[^\r\n]*|\/\*[^]*?\*\/)*/

/** Options in parentheses, which hold words only, or the two that need none. */
const explain =
  /^explain\b(?:\s*\((?!\s*(?:select|values|table|with)\b)([\w\s,]*)\)|(\s+analy[sz]e\b)?(\s+verbose\b)?)/i

/**
 * How a statement is run. Comments and spaces before SHOW and EXPLAIN are removed, so that the text begins with that word.
 * The options of EXPLAIN get parentheses, after which PostgreSQL takes no further option: an ANALYZE that follows executes
 * nothing. (In a read-only transaction EXPLAIN ANALYZE CREATE TABLE AS makes its table.)
 */
export const parseStatement = (statement: string): ReadingStatement => {
  const text = statement.replace(spaceAndComments, "")
  if (/^show\b/i.test(text)) return { _tag: "Show", text }
  const match = explain.exec(text)
  if (match === null) return { _tag: "Query", text: statement }
  const [head, listed, analyze, verbose] = match
  const options = listed ?? [analyze, verbose].filter((option) => option !== undefined).join(",")
  const explained = text.slice(head.length)
  return {
    _tag: "Explain",
    text: `explain (${options.trim() === "" ? "verbose off" : options}) ${explained}`,
    query: /analy[sz]e/i.test(options) ? explained : undefined,
  }
}

/** Whether a statement begins as one that reads; where EXPLAIN executes one, whether that does. */
export const beginsAsReading = (statement: string): boolean => {
  const reading = parseStatement(statement)
  const query = reading._tag === "Query" ? reading.text : reading._tag === "Explain" ? reading.query : undefined
  return query === undefined || /^(?:(?:select|values|table|with)\b|\()/i.test(query.replace(spaceAndComments, ""))
}
