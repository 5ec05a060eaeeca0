// The state directory of a server that lives in `run`'s own process: in the temporary folder, and gone with the command.
//
// A process that is killed cannot remove it, so the next one does. Whether a directory is still used is asked of the kernel,
// by a lock (flock(2)) that ends with its holder, however that ends: process ids would not do, since containers that share
// a temporary folder do not see each other's.

import { fstatSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { close, O_RDONLY, open, tryLock } from '../os/files.ts'
import { OsError } from '../os/libc.ts'

const PREFIX = 'securenat-run-'

export interface OwnStateDir {
  readonly path: string
  remove(): void
}

/** Makes one, and removes those of this user that nobody uses any more. */
export function makeOwnStateDir(folder = tmpdir()): OwnStateDir {
  sweep(folder)
  for (;;) {
    const path = mkdtempSync(join(folder, PREFIX))
    const lock = open(path, O_RDONLY)
    // Another one's sweep may have come between; then this directory is gone, or soon will be.
    if (tryLock(lock) && fstatSync(lock).nlink > 0) {
      return {
        path,
        remove() {
          rmSync(path, { recursive: true, force: true })
          close(lock)
        },
      }
    }
    close(lock)
  }
}

function sweep(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith(PREFIX)) removeIfAbandoned(join(folder, name))
}

function removeIfAbandoned(path: string): void {
  let lock: number | undefined
  try {
    const stats = lstatSync(path)
    // A link, or somebody else's: not ours to touch.
    if (!stats.isDirectory() || stats.uid !== process.geteuid?.()) return
    lock = open(path, O_RDONLY)
    if (tryLock(lock)) rmSync(path, { recursive: true, force: true })
  } catch (error) {
    // Another sweep was faster, or it cannot be removed, which is no reason not to run the command.
    if (!(error instanceof OsError) && (error as NodeJS.ErrnoException).code === undefined) throw error
  } finally {
    if (lock !== undefined) close(lock)
  }
}
