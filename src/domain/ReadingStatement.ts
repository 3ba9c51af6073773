// How `etl sql` makes sure that a statement only reads.

/** How `etl sql` runs a statement; `text` is what it sends to PostgreSQL. */
export type ReadingStatement =
  /** Follows DECLARE ... CURSOR FOR, where PostgreSQL accepts SELECT, VALUES, TABLE and WITH alone. */
  | { readonly _tag: "Query"; readonly text: string }
  | { readonly _tag: "Show"; readonly text: string }
  /** `query`: what EXPLAIN ANALYZE would execute, to be accepted as a Query first; undefined without ANALYZE. */
  | { readonly _tag: "Explain"; readonly text: string; readonly query: string | undefined }

const spaceAndComments = /^(?:\s|--[^\r\n]*|\/\*[^]*?\*\/)*/

/** Options in parentheses (words only), or ANALYZE and VERBOSE without them. */
const explain =
  /^explain\b(?:\s*\((?!\s*(?:select|values|table|with)\b)([\w\s,]*)\)|(\s+analy[sz]e\b)?(\s+verbose\b)?)/i

/**
 * Decides how a statement is run. Comments and spaces before SHOW and EXPLAIN are removed, so that the text starts with
 * that word. The options of EXPLAIN get parentheses, after which PostgreSQL accepts no further option: a later ANALYZE
 * executes nothing. (In a read-only transaction EXPLAIN ANALYZE CREATE TABLE AS creates its table.)
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

/** Whether a statement starts like one that only reads; of EXPLAIN ANALYZE, the statement that it executes. */
export const beginsAsReading = (statement: string): boolean => {
  const reading = parseStatement(statement)
  const query = reading._tag === "Query" ? reading.text : reading._tag === "Explain" ? reading.query : undefined
  return query === undefined || /^(?:(?:select|values|table|with)\b|\()/i.test(query.replace(spaceAndComments, ""))
}
