// The state directory: made, checked and locked, so that one server at a time writes in it.
//
// The lock is a file that names its holder. It appears complete or not at all (a link to a file already written), and it
// counts only while that very process lives: process ids are used again, so on Linux the start time must match too.

import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** The name of a socket file may be this long on Linux, and four less on macOS. */
const SOCKET_PATH_MAX = process.platform === 'linux' ? 107 : 103

/** Folders with one socket for each hub; `hubs` holds what is kept of the hub as well. */
const SOCKET_FOLDERS = ['hubs', 'taps']

interface Holder {
  readonly pid: number
  readonly startedAt: string
  /** Linux: when the process started, in clock ticks since boot. */
  readonly ticks: string | undefined
}

/** The directory cannot be used; the message says why and what would be right. */
export class StateDirError extends Error {
  override readonly name = 'StateDirError'
}

export class StateDir {
  readonly path: string
  readonly #lockFile: string
  readonly #lockText: string

  /** Takes the lock. @throws StateDirError */
  static open(path: string, wallClock: () => number = Date.now): StateDir {
    makeDirectory(path)
    for (const folder of SOCKET_FOLDERS) mkdirSync(join(path, folder), { recursive: true, mode: 0o700 })
    const holder: Holder = {
      pid: process.pid,
      startedAt: new Date(wallClock()).toISOString(),
      ticks: processStartTicks(process.pid),
    }
    const text = `${JSON.stringify(holder)}\n`
    const lockFile = join(path, 'lock')
    const ownFile = `${lockFile}.${process.pid}`
    writeFileSync(ownFile, text, { mode: 0o600 })
    try {
      takeLock(path, lockFile, ownFile)
    } finally {
      unlinkSync(ownFile)
    }
    return new StateDir(path, lockFile, text)
  }

  private constructor(path: string, lockFile: string, lockText: string) {
    this.path = path
    this.#lockFile = lockFile
    this.#lockText = lockText
  }

  /** Sockets of a server that was killed are in the way of the next: with the lock held, all there are. */
  removeStaleSockets(): void {
    if (process.platform === 'win32') return
    for (const folder of SOCKET_FOLDERS.map((name) => join(this.path, name)))
      for (const name of readdirSync(folder)) if (name.endsWith('.sock')) removeFile(join(folder, name))
    removeFile(join(this.path, 'control.sock'))
  }

  release(): void {
    // Somebody may have removed the directory, or taken the lock over with force.
    if (readText(this.#lockFile) === this.#lockText) removeFile(this.#lockFile)
  }
}

/** @throws StateDirError when a socket cannot have this name */
export function checkSocketPath(path: string): void {
  const length = Buffer.byteLength(path)
  if (process.platform === 'win32' || length <= SOCKET_PATH_MAX) return
  throw new StateDirError(
    `the socket name ${path} is ${length} bytes long and may have ${SOCKET_PATH_MAX}; choose a shorter --state directory or hub name`,
  )
}

function makeDirectory(path: string): void {
  try {
    if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) {
      chmodSync(path, 0o700)
      return
    }
    const { mode } = statSync(path)
    if (process.platform !== 'win32' && (mode & 0o002) !== 0) {
      throw new StateDirError(
        `everybody may write to the state directory ${path}; choose one of your own (--state), or: chmod go-rwx ${path}`,
      )
    }
  } catch (error) {
    if (error instanceof StateDirError) throw error
    throw new StateDirError(
      `the state directory ${path} cannot be made (${(error as Error).message}); choose another with --state`,
    )
  }
}

function takeLock(path: string, lockFile: string, ownFile: string): void {
  // Twice round at most, unless others start and die at the same moment.
  for (let attempt = 0; attempt < 10; attempt += 1) {
    try {
      linkSync(ownFile, lockFile)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const text = readText(lockFile)
    if (text === undefined) continue
    const holder = parseHolder(text)
    if (holder !== undefined && isRunning(holder)) {
      throw new StateDirError(
        `the state directory ${path} is in use by process ${holder.pid}, a securenat server started ${holder.startedAt}; stop it, or choose another directory with --state`,
      )
    }
    removeStaleLock(lockFile, text)
  }
  throw new StateDirError(`the lock ${lockFile} cannot be taken; remove it if no server is running`)
}

/** Moves the lock aside first: another starter may have replaced the stale one by its own meanwhile. */
function removeStaleLock(lockFile: string, staleText: string): void {
  const aside = `${lockFile}.stale.${process.pid}`
  try {
    renameSync(lockFile, aside)
    if (readText(aside) !== staleText) linkSync(aside, lockFile)
    unlinkSync(aside)
  } catch {
    removeFile(aside)
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder>
    if (typeof value.pid !== 'number') return undefined
    return { pid: value.pid, startedAt: String(value.startedAt), ticks: value.ticks }
  } catch {
    return undefined
  }
}

function isRunning(holder: Holder): boolean {
  if (holder.ticks !== undefined) return processStartTicks(holder.pid) === holder.ticks
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * proc(5): field 22 of /proc/PID/stat, counted after the command's name, which may hold spaces. `undefined` also for a
 * process that has ended and only waits for its parent to notice (state Z): it holds nothing any more.
 */
function processStartTicks(pid: number): string | undefined {
  const text = process.platform === 'linux' ? readText(`/proc/${pid}/stat`) : undefined
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields?.[0] === 'Z' ? undefined : fields?.[19]
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It is gone already, which is what was wanted.
  }
}
