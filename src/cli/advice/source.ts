// What to do about an error of a source, a file or a column mapping, by its tag and its fields.

import { Predicate } from "effect"
import type { HeaderError } from "../../csv/HeaderError.ts"
import type { ColumnMappingError } from "../../domain/ColumnMapping.ts"
import type { SourceError, SourceReason } from "../../domain/SourceFile.ts"
import type { Notice } from "../../observability/LeftOut.ts"
import { quote } from "../../text/shell.ts"
import { inspectCommand } from "../usage/inspectCommand.ts"

const ofHeader = ({ delimiter, missing, reason }: HeaderError, uri: string): string | undefined => {
  if (delimiter !== undefined) return `Try --delimiter ${JSON.stringify(delimiter)}.`
  if (reason === "noHeader") return "Or name them with --header NAMES."
  if (reason !== "misfit" || missing.length === 0) return undefined
  const command = inspectCommand(uri)
  return command === undefined
    ? "--mapping FILE names another mapping."
    : `To make a mapping for --mapping, run: ${command}`
}

const ofReason: Readonly<Partial<Record<SourceReason, string>>> = {
  noFile: "See --source and --pattern.",
  tooManyKeys: "See --source.",
  noBucket: "See --bucket and --endpoint.",
  otherRegion: "See --region and --endpoint.",
  unreachable: "See --endpoint and --region.",
  notS3: "See --endpoint.",
  invalidEndpoint: "See --endpoint.",
  needsCredentials: "--sign uses yours.",
  noCredentials:
    "--sign needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or a new sign-in (aws sso login).",
  checksum: "--force loads it from the start.",
}

const ofSource = ({ cause, reason, uri }: SourceError): string | undefined => {
  if (Predicate.isTagged(cause, "HeaderError")) return ofHeader(cause as HeaderError, uri)
  return reason === undefined ? undefined : ofReason[reason]
}

const ofLeftOut = ({ pattern, taken }: Notice): string | undefined =>
  pattern && `--pattern ${quote(pattern)} takes ${taken}.`

const ofMapping: Readonly<Record<ColumnMappingError["reason"], string | undefined>> = {
  invalid: undefined,
  unfinished: "--force starts over.",
  loaded: "To load again, give --force.",
}

/** By the error's tag. */
export const sourceAdvice: Readonly<Record<string, (error: object) => string | undefined>> = {
  SourceError: (error) => ofSource(error as SourceError),
  LeftOut: (notice) => ofLeftOut(notice as Notice),
  FormatError: () => "--force starts over.",
  ColumnMappingError: (error) => ofMapping[(error as ColumnMappingError).reason],
}
