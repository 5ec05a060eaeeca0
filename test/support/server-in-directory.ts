// A whole server in a directory of its own, for tests: its operations called as a door would, guests on its sockets.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callOperation } from '../../src/admin/call.ts'
import type { Role } from '../../src/admin/operation.ts'
import { serverManagement } from '../../src/server/management/management.ts'
import type { Server } from '../../src/server/server.ts'
import { startServer } from '../../src/server/start.ts'
import { hubSocketPath } from '../../src/server/state-paths.ts'
import { RawGuest } from './raw-guest.ts'

export class ServerInDirectory {
  readonly server: Server
  readonly stateDir: string
  readonly #guests: RawGuest[] = []

  static async start(language: 'en' | 'ja' = 'en'): Promise<ServerInDirectory> {
    const stateDir = mkdtempSync(join(tmpdir(), 'conformance-'))
    const { server } = await startServer({
      stateDir,
      gso: false,
      version: '0',
      language,
      password: 'x',
      toOperator: () => {},
    })
    return new ServerInDirectory(server, stateDir)
  }

  private constructor(server: Server, stateDir: string) {
    this.server = server
    this.stateDir = stateDir
  }

  // biome-ignore lint/suspicious/noExplicitAny: what comes back is compared field by field
  call(method: string, params: Record<string, unknown>, role: Role = { kind: 'server' }): Promise<any> {
    return callOperation(method, params, { management: serverManagement(this.server), role, connection: 'RPC-1' })
  }

  async plug(hub: string, address = '192.168.30.5', gateway = '192.168.30.1'): Promise<RawGuest> {
    const guest = await RawGuest.plug(hubSocketPath(this.stateDir, hub), address, gateway)
    this.#guests.push(guest)
    return guest
  }

  /** What is in the files of one log. */
  log(...place: string[]): string {
    const directory = join(this.stateDir, 'logs', ...place)
    return readdirSync(directory)
      .map((name) => readFileSync(join(directory, name), 'utf8'))
      .join('')
  }

  async stop(): Promise<void> {
    for (const guest of this.#guests) guest.close()
    await this.server.stop()
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.stateDir, { recursive: true, force: true })
  }
}
