// The log files, as administrators list and read them.

import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogFileRow } from '../../admin/management/server.ts'

/** Not a hub's: of the server as a whole. */
const SERVER_DIRECTORY = 'server'

/** Files of `DIRECTORY/HUB/KIND` and `DIRECTORY/server`. */
export async function listLogFiles(directory: string): Promise<LogFileRow[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile())
  const rows = await Promise.all(
    files.map(async (file): Promise<LogFileRow | undefined> => {
      const full = join(file.parentPath, file.name)
      const path = full.slice(directory.length + 1).replaceAll('\\', '/')
      const [first = '', ...rest] = path.split('/')
      // One that is deleted meanwhile is none.
      const facts = await stat(full).catch(() => undefined)
      if (facts === undefined || rest.length === 0) return undefined
      const isServers = first === SERVER_DIRECTORY && rest.length === 1
      return { path, hub: isServers ? undefined : first, size: facts.size, updatedAt: facts.mtimeMs }
    }),
  )
  return rows.filter((row) => row !== undefined).sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** @param path one of those listed */
export async function readLogRange(
  directory: string,
  path: string,
  offset: number,
  length: number,
): Promise<Uint8Array | undefined> {
  const file = await open(join(directory, ...path.split('/')), 'r').catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
