// `securenat/client` and every program of examples/ against a server, over TLS with a pinned certificate.

import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { REPOSITORY } from './support/places.ts'
import { SecureNatServer } from './support/securenat.ts'
import type { Program, RunResult } from './support/shell.ts'
import { must, waitFor } from './support/shell.ts'
import { World } from './support/world.ts'

const EXAMPLES = join(REPOSITORY, 'examples')
const PASSWORD = 'correct horse battery staple'

let world: World
let server: SecureNatServer
let env: Record<string, string>

beforeAll(async () => {
  world = await World.create()
  server = await SecureNatServer.start(world, { args: ['--no-web', '--listen', '127.0.0.1:5555'] })
  const pem = join(world.directory, 'server.pem')
  await server.mustCommand('ServerCertGet', pem)
  const shown = await must(['openssl', 'x509', '-in', pem, '-noout', '-fingerprint', '-sha256'])
  const pin = shown.trim().split('=')[1]!
  env = { SECURENAT_URL: 'https://127.0.0.1:5555', SECURENAT_PASSWORD: PASSWORD, SECURENAT_PIN: pin }
})
afterAll(() => world?.destroy())

const ran = new Set<string>()

function example(name: string, ...args: string[]): Promise<RunResult> {
  ran.add(name)
  return world.server.run(['node', join(EXAMPLES, name), ...args], { env })
}

/** A program beside the examples, so that it finds the package by its name; the client is there as `client`. */
async function program(text: string): Promise<RunResult> {
  const path = join(EXAMPLES, `.test-${process.pid}.mjs`)
  const head = `import { HttpError, RpcError, SecureNatClient } from 'securenat/client'
    const { SECURENAT_URL: url, SECURENAT_PASSWORD: password, SECURENAT_PIN: pin } = process.env
    const client = new SecureNatClient({ url, password, pin })
    const say = (value) => console.log(JSON.stringify(value))
    const refusal = (promise) => promise.then(() => 'none', (error) => [error.name, error.code ?? error.status, error.message])\n`
  writeFileSync(path, `${head}${text}\nclient.close()\n`)
  try {
    return await world.server.run(['node', path], { env: { ...env, STATE: server.state } })
  } finally {
    rmSync(path)
  }
}

const lines = (run: RunResult): unknown[] => {
  expect(run.stderr).toBe('')
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

describe('examples', () => {
  test('list-hubs', async () => {
    const { status, stdout, stderr } = await example('list-hubs.mjs')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^DEFAULT: online, 1 sessions\n {2}SID-SECURENAT-1 SecureNAT\n$/)
  })

  test('provision-hub, twice', async () => {
    const first = await example('provision-hub.mjs', 'EXAMPLE')
    expect(first.stdout).toMatch(
      /^made EXAMPLE; the password [\s\S]*gateway 192\.168\.30\.1, guests from 192\.168\.30\.10 /,
    )
    const second = await example('provision-hub.mjs', 'EXAMPLE')
    expect([second.status, second.stderr]).toEqual([0, ''])
    expect(second.stdout).toMatch(/^not made: .*EXAMPLE.* \(code \d+\)/)
  })

  test('watch-events, across a restart of the server', async () => {
    ran.add('watch-events.mjs')
    const watcher: Program = world.server.spawn(['node', join(EXAMPLES, 'watch-events.mjs')], { env })
    const seen = (what: string): Promise<true> => waitFor(what, 30_000, () => watcher.stdout.includes(what))
    const make = async (name: string): Promise<void> => {
      await waitFor(`an event of ${name}`, 30_000, async () => {
        await server.mustCommand('HubCreate', name)
        await server.mustCommand('SecureNatEnable', '--hub', name)
        await server.mustCommand('HubDelete', name)
        return watcher.stdout.includes(name)
      })
    }
    await make('before')
    await server.stop()
    server = await SecureNatServer.start(world, { args: ['--no-web', '--listen', '127.0.0.1:5555'] })
    await make('afterwards')
    await seen('afterwards')
    watcher.kill('SIGINT')
    expect(await watcher.waitForExit(10_000)).toBe(true)
    expect([watcher.status, watcher.stderr]).toEqual([0, ''])
  })

  test('there is none that was not run, and all are of the declared types', async () => {
    const programs = readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs'))
    expect([...ran].sort()).toEqual(programs.sort())
    const options = ['--noEmit', '--checkJs', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2023']
    const modules = ['--module', 'nodenext', '--types', 'node', '--ignoreConfig']
    const tsc = ['node', join(REPOSITORY, 'node_modules/typescript/bin/tsc'), ...options, ...modules]
    await must([...tsc, ...programs.map((name) => join(EXAMPLES, name))], { cwd: REPOSITORY })
  })
})

describe('the client', () => {
  test('tells a refused call, a wrong field, a wrong password and a wrong certificate apart', async () => {
    const run = await program(`
      say(await refusal(client.call('GetHubStatus', { HubName_str: 'NONE' })))
      const fault = await client.call('SetHub', { HubName_str: 'DEFAULT', MaxSession_u32: -1 }).catch((error) => error)
      say([fault instanceof RpcError, fault.code, fault.faults.map(({ field }) => field)])
      say(await refusal(new SecureNatClient({ url, pin, password: 'wrong' }).call('EnumHub', {})))
      say((await refusal(new SecureNatClient({ url, pin: '0'.repeat(64), password }).call('EnumHub', {})))[2])
      say((await refusal(new SecureNatClient({ url, password }).call('EnumHub', {})))[2])`)
    expect(lines(run)).toEqual([
      ['RpcError', 8, expect.stringContaining('NONE')],
      [true, 38, ['MaxSession_u32']],
      ['HttpError', 401, 'the server does not accept the user name and password'],
      expect.stringContaining(`its fingerprint is ${env.SECURENAT_PIN}`),
      expect.stringContaining('certificate'),
    ])
  })

  test('a batch has an answer for each call; the control socket needs no password', async () => {
    const run = await program(`
      const local = new SecureNatClient({ socketPath: process.env.STATE + '/control.sock' })
      const answers = await local.batch([['EnumHub', {}], ['GetHub', { HubName_str: 'NONE' }], ['GetServerInfo', {}]])
      say([answers[0].HubList[0].HubName_str, answers[1] instanceof RpcError && answers[1].code, typeof answers[2].ServerProductName_str])
      say(await local.batch([]))
      local.close()`)
    expect(lines(run)).toEqual([['DEFAULT', 8, 'string'], []])
  })

  test('who has lost events gets them from the last id on', async () => {
    const run = await program(`
      const change = async (name) => {
        await client.batch([['CreateHub', { HubName_str: name }], ['EnableSecureNAT', { HubName_str: name }], ['DeleteHub', { HubName_str: name }]])
      }
      const first = async (options, name) => {
        for await (const event of client.events(options)) if (JSON.stringify(event.data).includes(name)) return event
      }
      const seeing = first({}, 'SEEN')
      const timer = setInterval(() => change('SEEN'), 200)
      const { id } = await seeing
      clearInterval(timer)
      await change('MISSED')
      const event = await first({ lastEventId: id }, 'MISSED')
      say([id === event.id, event.id.split('.')[0] === id.split('.')[0]])
      const signal = AbortSignal.timeout(300)
      for await (const _ of client.events({ types: ['none'], signal })) say('unexpected')
      say('aborted')`)
    expect(lines(run)).toEqual([[false, true], 'aborted'])
  })
})
