// The command line as a person meets it, without a server: over answers made up beforehand, or over the operations themselves and
// a made-up server.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, vi } from 'vitest'
import { callOperation } from '../../src/admin/call.ts'
import type { RpcError } from '../../src/admin/rpc-error.ts'
import type { Language } from '../../src/cli/command.ts'
import { administer } from '../../src/cli/main.ts'
import { CallError, RpcClient } from '../../src/cli/rpc-client.ts'
import { MadeUpHub, madeUpManagement } from './made-up-management.ts'

export const DONE = 'The command completed successfully.\n'

/** @returns what is printed */
export async function run(argv: readonly string[], language: Language = 'en'): Promise<string> {
  let printed = ''
  await administer(argv, {
    version: '0.1.0',
    language,
    defaultStateDir: '/state',
    controlSocket: (stateDir) => `${stateDir}/control.sock`,
    password: () => Promise.resolve('secret'),
    print: (text) => {
      printed += `${text}\n`
    },
  })
  return printed
}

/** A line as somebody types it, with quotation marks. */
export function runLine(line: string, language: Language = 'en'): Promise<string> {
  const argv = [...line.matchAll(/"([^"]*)"|(\S+?):"([^"]*)"|(\S+)/g)].map(
    ([, quoted, name, value, plain]) => quoted ?? plain ?? `${name}:${value}`,
  )
  return run(argv, language)
}

/** Every call is answered with what `answers` has under the name of its operation, and kept. */
export function answeredCalls(answers: Readonly<Record<string, unknown>>, otherwise?: unknown) {
  const answered = { calls: [] as unknown[], answers: {} as Record<string, unknown>, language: 'en' as Language }
  beforeEach(() => {
    answered.calls = []
    answered.answers = { ...answers }
    answered.language = 'en'
    vi.spyOn(RpcClient.prototype, 'call').mockImplementation(function (this: RpcClient, method, params) {
      answered.calls.push([method, params])
      this.language = answered.language
      return Promise.resolve((answered.answers[method] ?? otherwise) as never)
    })
  })
  afterEach(() => vi.restoreAllMocks())
  return answered
}

/** A server with the hubs DEFAULT and LAB, and a directory for files. */
export function madeUpServer() {
  const server = {
    hub: new MadeUpHub('DEFAULT'),
    directory: '',
    path: (name: string): string => join(server.directory, name),
  }
  beforeEach(() => {
    server.directory = mkdtempSync(join(tmpdir(), 'cli-'))
    server.hub = new MadeUpHub('DEFAULT')
    const management = madeUpManagement([server.hub, new MadeUpHub('LAB')])
    vi.spyOn(RpcClient.prototype, 'call').mockImplementation(((method: string, params: Record<string, unknown>) => {
      // As over a socket: what is not JSON does not arrive.
      const sent = JSON.parse(JSON.stringify(params)) as Record<string, unknown>
      const call = callOperation(method, sent, { management, role: { kind: 'server' }, connection: 'RPC-1' })
      return call.catch((error: RpcError) => {
        throw new CallError(error.code, error.message, [...error.faults])
      })
    }) as never)
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(server.directory, { recursive: true })
  })
  return server
}
