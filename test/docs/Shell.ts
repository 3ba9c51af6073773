// A shell that runs the commands of a page, block by block: exports, aliases and the folder last.

import { Effect } from "effect"
import { spawn } from "node:child_process"
import { join } from "node:path"

export interface Ended {
  readonly code: number
  /** What the commands print, stdout and stderr as they come. */
  readonly output: string
}

/** Runs a block until its first command that fails. `state`: a file that keeps what lasts. */
const script = (state: string, commands: string): string => `
shopt -s expand_aliases
[ ! -f '${state}' ] || . '${state}'
trap '{ export -p; alias -p; printf "cd %q\\n" "$PWD"; } > "${state}"' EXIT
set -e
exec 2>&1
eval "$(cat <<'END OF THE BLOCK'
${commands}
END OF THE BLOCK
)"
`

/** A shell in the folder, with these variables and no others. */
export const makeShell = (directory: string, env: Readonly<Record<string, string>>) => {
  const state = join(env["HOME"]!, ".state-of-the-page")
  return (commands: string) =>
    Effect.callback<Ended>((resume) => {
      const child = spawn("bash", ["-c", script(state, commands)], {
        cwd: directory,
        env,
        stdio: ["ignore", "pipe", "inherit"],
      })
      let output = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text))
      child.once("error", (error) => resume(Effect.die(error)))
      child.once("close", (code) => resume(Effect.succeed({ code: code ?? -1, output })))
      return Effect.sync(() => void child.kill("SIGKILL"))
    })
}
