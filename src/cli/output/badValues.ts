// The line on bad values of a run: how many there are, and the command that lists them.

import type { RecordCounts } from "../../domain/RunSummary.ts"
import { etl } from "../../text/etl.ts"
import { plural } from "../../text/format.ts"

/** Empty where every value could be used. `same`: the flags that name the database again. */
export const formatBadValues = ({ blanked }: RecordCounts, runId: number, same: string): ReadonlyArray<string> =>
  blanked === 0
    ? []
    : [
        `${plural(blanked, "value")} could not be used and ${blanked === 1 ? "is" : "are"} null: ${etl} rejects --values --run ${runId}${same}`,
      ]
