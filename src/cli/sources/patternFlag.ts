// The flag that gives a pattern again.

import { quote } from "../../text/shell.ts"

/** To be added to other flags; empty without a pattern. */
export const patternFlag = (pattern: string | undefined): string =>
  pattern === undefined ? "" : ` --pattern ${quote(pattern)}`
