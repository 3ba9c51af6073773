// Opens a file in its default program.

import { Effect } from "effect"
import { spawn } from "node:child_process"
import { platform } from "node:os"

/** The command of the system that opens a file in its default program. */
const opener = (path: string): readonly [command: string, ...args: ReadonlyArray<string>] => {
  switch (platform()) {
    case "darwin":
      return ["open", path]
    case "win32":
      // `start` is a command of the shell, which would interpret the path.
      return ["rundll32", "url.dll,FileProtocolHandler", path]
    default:
      return ["xdg-open", path]
  }
}

/** The variables for the desktop, the user's settings and the language: an opener gets no others. */
const passedOn = [
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|LANG|LANGUAGE|TZ|BROWSER|DISPLAY|XAUTHORITY|XMODIFIERS|WAYLAND_DISPLAY)$/,
  /^(?:DBUS_SESSION_BUS_ADDRESS|DESKTOP_SESSION|MOZ_ENABLE_WAYLAND|__CF_USER_TEXT_ENCODING)$/,
  /^(?:XDG|LC|GDK|GTK|QT|GNOME|KDE|WSL)_[A-Z_]+$/,
  // Windows has them in any case.
  /^(?:SystemRoot|SystemDrive|windir|ComSpec|Path|PATHEXT|TEMP|TMP|USERNAME|USERPROFILE|APPDATA|LOCALAPPDATA|ProgramData)$/i,
  /^ProgramFiles(?:\(x86\))?$/i,
]

const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.some((pattern) => pattern.test(name))))

/** An opener that runs longer may be the browser itself. */
const maxWait = "2 seconds"

/**
 * Opens a file as a double click does; false if that failed. The program that shows it outlives this one.
 */
export const openFile = (path: string): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const [command, ...args] = opener(path)
    const child = spawn(command, args, { detached: true, env: environment(), stdio: "ignore" })
    child.once("error", () => resume(Effect.succeed(false)))
    child.once("exit", (code) => resume(Effect.succeed(code === 0)))
    child.unref()
  }).pipe(Effect.timeoutOrElse({ duration: maxWait, orElse: () => Effect.succeed(true) }))
