// The error of a worker for a reference that it does not understand: another version of etl stored it.

import type { SourceReference } from "../../cluster/LoadRun.ts"
import { SourceError } from "../../domain/SourceFile.ts"

export const unknownReference = ({ _tag }: SourceReference, host: string): SourceError =>
  new SourceError({
    operation: "list",
    uri: _tag,
    message: `The worker at ${host} cannot open a source of kind ${_tag}. Start every worker with the version of etl that started the run.`,
  })
