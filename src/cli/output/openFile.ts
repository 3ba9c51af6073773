import { Effect } from "effect"
import { spawn } from "node:child_process"
import { platform } from "node:os"

/** What opens a file in the program that people have chosen for it. */
const opener = (path: string): readonly [command: string, ...args: ReadonlyArray<string>] => {
  switch (platform()) {
    case "darwin":
      return ["open", path]
    case "win32":
      // `start` is of the shell, which would read the path.
      return ["rundll32", "url.dll,FileProtocolHandler", path]
    default:
      return ["xdg-open", path]
  }
}

/** What an opener and a browser find the desktop, the person's settings and the language by: no other variable is theirs. */
const needed = [
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|LANG|LANGUAGE|TZ|BROWSER|DISPLAY|XAUTHORITY|XMODIFIERS|WAYLAND_DISPLAY)$/,
  /^(?:DBUS_SESSION_BUS_ADDRESS|DESKTOP_SESSION|MOZ_ENABLE_WAYLAND|__CF_USER_TEXT_ENCODING)$/,
  /^(?:XDG|LC|GDK|GTK|QT|GNOME|KDE|WSL)_[A-Z_]+$/,
  // Windows writes them in any case.
  /^(?:SystemRoot|SystemDrive|windir|ComSpec|Path|PATHEXT|TEMP|TMP|USERNAME|USERPROFILE|APPDATA|LOCALAPPDATA|ProgramData)$/i,
  /^ProgramFiles(?:\(x86\))?$/i,
]

const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => needed.some((pattern) => pattern.test(name))))

/** An opener that still runs after that may be the browser itself. */
const patience = "2 seconds"

/**
 * Opens a file as a double click does, and says whether that seems to have worked. The program that shows it outlives
 * this one.
 */
export const openFile = (path: string): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const [command, ...args] = opener(path)
    const child = spawn(command, args, { detached: true, env: environment(), stdio: "ignore" })
    child.once("error", () => resume(Effect.succeed(false)))
    child.once("exit", (code) => resume(Effect.succeed(code === 0)))
    child.unref()
  }).pipe(Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.succeed(true) }))
