// The doors to the network as people use them: curl for JSON-RPC and events, the command line from elsewhere, listeners that come and go while
// the server runs, and strangers who open connections and say nothing.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LAUNCHER } from './support/places.ts'
import { SecureNatServer } from './support/securenat.ts'
import { waitFor } from './support/shell.ts'
import { World } from './support/world.ts'

/** What SecureNatServer gives its servers. */
const PASSWORD = 'correct horse battery staple'
const TLS = 'https://127.0.0.1:5555'
const HALF_OPEN = 2_000

let world: World
let server: SecureNatServer

beforeAll(async () => {
  world = await World.create()
  server = await SecureNatServer.start(world)
  await waitFor('the TLS listener', 20_000, async () => (await curl(`${TLS}/`)).status === 0)
})
afterAll(() => world?.destroy())

const curl = (url: string, ...args: string[]) => world.server.run(['curl', '-sk', '--max-time', '10', ...args, url])
const rpc = (method: string, params: object = {}): string[] => [
  ...['-H', `X-VPNADMIN-PASSWORD: ${PASSWORD}`],
  ...['-d', JSON.stringify({ jsonrpc: '2.0', id: '1', method, params })],
]

describe('doors to the network', () => {
  test.each([TLS, 'http://127.0.0.1:5580'])('JSON-RPC at %s, for who knows the password', async (url) => {
    const { stdout } = await curl(`${url}/api/`, ...rpc('EnumHub'))
    expect(JSON.parse(stdout)).toMatchObject({ result: { HubList: [{ HubName_str: 'DEFAULT' }] } })
    const refused = await curl(`${url}/api/`, '-o', '/dev/null', '-w', '%{http_code}', '-d', '{}')
    expect(refused.stdout).toBe('401')
  })

  test('the command line from elsewhere, once it knows the certificate', async () => {
    const elsewhere = (...args: string[]) =>
      world.server.run([LAUNCHER, 'HubList', '--server', TLS, ...args], { env: { SECURENAT_PASSWORD: PASSWORD } })
    const unknown = await elsewhere()
    expect(unknown.status).toBe(1)
    const pin = /--pin ([0-9A-F:]{95})/.exec(unknown.stderr)?.[1]
    expect(pin).toBeDefined()
    expect((await elsewhere('--pin', pin!)).stdout).toContain('Virtual Hub Name  |DEFAULT')
  })

  test('a listener is opened and closed while the server runs', async () => {
    await server.mustCommand('ListenerCreate', '5556', '--address', '198.18.0.2')
    const elsewhere = 'https://198.18.0.2:5556/'
    expect((await curl(elsewhere, '-o', '/dev/null', '-w', '%{http_code}')).stdout).toBe('403')
    expect(await server.mustCommand('ListenerList')).toContain('TCP 5556')
    await server.mustCommand('ListenerDelete', '5556')
    expect((await curl(elsewhere)).status).not.toBe(0)
  })

  test('events arrive as they happen', async () => {
    const stream = curl(`${TLS}/api/events`, '-N', '--max-time', '4', '-H', `X-VPNADMIN-PASSWORD: ${PASSWORD}`)
    await curl(`${TLS}/api/`, ...rpc('Test'))
    await server.mustCommand('SecureNatDisable')
    await server.mustCommand('SecureNatEnable')
    const { stdout } = await stream
    expect(stdout).toContain('event: secureNatStopped')
    expect(stdout).toContain('event: secureNatStarted')
    expect(stdout.match(/^event: counters$/gm)?.length).toBeGreaterThan(1)
  })

  test(`${HALF_OPEN} connections that say nothing keep nobody out`, async () => {
    const program = `
      const { connect } = require('node:net')
      let open = 0
      for (let i = 0; i < ${HALF_OPEN}; i++) {
        const socket = connect(5555, '127.0.0.1', () => ++open === ${HALF_OPEN} && console.log('open'))
        socket.on('error', () => {}).resume()
      }
      setTimeout(() => {}, 60_000)`
    const strangers = world.server.spawn(['node', '-e', program])
    await waitFor('the strangers', 20_000, () => strangers.stdout.includes('open'))
    const { stdout } = await curl(`${TLS}/api/`, ...rpc('Test', { IntValue_u32: 7 }), '-w', '\n%{time_total}')
    const [answer, seconds] = stdout.split('\n')
    expect(JSON.parse(answer!)).toMatchObject({ result: { StrValue_str: '7' } })
    expect(Number(seconds)).toBeLessThan(1)
    await strangers.stop('SIGTERM')
  })
})
