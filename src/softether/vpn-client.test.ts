import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { readVectors } from '../../test/support/pack-vectors.ts'
import { Collector, clientSettings, VpnNet } from '../../test/support/vpn-net.ts'
import { userHash } from '../accounts/password-hash.ts'
import { Hub } from '../hub/hub.ts'
import { ANSWER_BODY_MAX, ANSWER_MS_MAX, ANSWER_NOOPS_MAX } from './client-connection.ts'
import { emitPackAnswer } from './http-preamble.ts'
import { helloPack, noopPack } from './login-messages.ts'
import { Pack } from './pack.ts'
import { type ClientSettings, VpnClient } from './vpn-client.ts'

let net: VpnNet
let hub: Hub
let events: string[]

beforeEach(() => {
  net = new VpnNet()
  hub = new Hub('NEAR', net.clock)
  events = []
})

const IDENTITY = { kind: 'LINK', userName: 'Cascade', hostName: 'far.example' }

function connect(more: Partial<ClientSettings> = {}): VpnClient {
  const client = new VpnClient(hub, IDENTITY, clientSettings(more), net.dial, net.environment, {
    negotiating: () => events.push('negotiating'),
    authenticating: () => events.push('authenticating'),
    established: ({ welcome, hello }) => events.push(`up ${welcome.sessionName} of ${hello.productName}`),
    ended: ({ code, reason }) => events.push(`ended ${code} ${reason}`),
  })
  net.clock.advance(100)
  return client
}

const connections = (): number => hub.sessions()[0]?.details?.tcpConnections ?? 0

/** What the client ends with. */
function failure(more: Partial<ClientSettings> = {}): string | undefined {
  connect(more)
  net.clock.advance(20_000)
  return events.find((event) => event.startsWith('ended'))
}

describe('a login', () => {
  test('makes a session on both hubs, and frames pass both ways', () => {
    const client = connect()
    expect(events).toEqual(['negotiating', 'authenticating', 'up SID-BR-1 of A Server'])
    expect(net.hub.sessions()).toMatchObject([{ identity: { mode: 'bridge' }, details: { isCascade: true } }])
    const [near, far] = [new Collector(hub), new Collector(net.hub)]
    const out = near.broadcast(1)
    const back = far.broadcast(2)
    net.clock.advance(10)
    expect(far.frames).toEqual([out])
    expect(near.frames).toEqual([back])
    client.close()
    net.clock.advance(30_000)
    expect(hub.sessions()).toHaveLength(1)
    expect(events).toHaveLength(3)
  })

  test('by plain password, and without any', () => {
    net.authentications.set('open', { kind: 'anonymous' })
    connect({ authentication: { kind: 'plainPassword', userName: 'br', password: 'pw' } })
    connect({ authentication: { kind: 'anonymous', userName: 'open' } })
    expect(events.filter((event) => event.startsWith('up'))).toHaveLength(2)
  })

  test('by certificate, whose key may have either form', () => {
    const vectors = readVectors('certificates') as Record<string, string>
    const certificate = hex(vectors.user!)
    const privateKey = createPrivateKey({ key: Buffer.from(vectors.user_key!, 'hex'), format: 'der', type: 'pkcs8' })
    net.authentications.set('cert', { kind: 'certificate', certificate })
    for (const type of ['pkcs1', 'pkcs8'] as const) {
      const key = privateKey.export({ format: 'der', type })
      connect({ authentication: { kind: 'certificate', userName: 'cert', certificate, key } })
    }
    expect(events.filter((event) => event.startsWith('up'))).toHaveLength(2)
  })

  test('by a key that cannot sign ends before anything is asked for', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const key = privateKey.export({ format: 'der', type: 'pkcs8' })
    const certificate = new Uint8Array(1)
    expect(failure({ authentication: { kind: 'certificate', userName: 'cert', certificate, key } })).toMatch(
      /^ended 9 .*RSA/,
    )
    expect(net.server.stats.refusedLogins).toBe(0)
  })

  test.each([
    [
      'a wrong password',
      { authentication: { kind: 'password', userName: 'br', hashedPassword: userHash('br', 'no') } },
      9,
    ],
    ['an unknown user', { authentication: { kind: 'anonymous', userName: 'nobody' } }, 9],
    ['an unknown hub', { hubName: 'NONE' }, 8],
  ] as const)('%s: the server’s error', (_what, more, code) => {
    expect(failure(more)).toMatch(new RegExp(`^ended ${code} `))
    expect(hub.sessions()).toEqual([])
  })
})

describe('a server that is none', () => {
  const answers = (...packs: Pack[]) => {
    const queue = packs.map((pack) => emitPackAnswer(pack, net.environment.random))
    net.stranger = () => queue.shift()
  }
  const hello = () => helloPack({ productName: 'S', version: 501, build: 9674, random: new Uint8Array(20) })

  test('says something else', () => {
    net.stranger = () => Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno')
    expect(failure()).toMatch(/^ended 2 /)
  })

  test('says nothing', () => {
    net.stranger = () => undefined
    connect()
    net.clock.advance(ANSWER_MS_MAX - 200)
    expect(events).toEqual([])
    net.clock.advance(300)
    expect(events).toEqual(['ended 3 the server does not answer'])
  })

  test('says too much', () => {
    net.stranger = () =>
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${ANSWER_BODY_MAX + 1}\r\n\r\n`,
      )
    expect(failure()).toMatch(/^ended 2 /)
  })

  test('never comes to the point', () => {
    const noops = Array.from({ length: ANSWER_NOOPS_MAX + 1 }, noopPack)
    const all = Buffer.concat([hello(), ...noops].map((pack) => emitPackAnswer(pack, net.environment.random)))
    net.stranger = () => all
    expect(failure()).toMatch(/^ended 4 /)
  })

  test('sends its clients on', () => {
    answers(hello(), new Pack().addInt('Redirect', 1))
    expect(failure()).toMatch(/^ended 33 .*cluster/)
  })

  test('welcomes without a session', () => {
    answers(hello(), new Pack().addInt('max_connection', 1))
    expect(failure()).toMatch(/^ended 4 /)
  })

  test('cannot be reached', () => {
    net.failure = { code: 1, reason: 'no way' }
    expect(failure()).toBe('ended 1 no way')
  })
})

describe('additional connections', () => {
  test('come one a second, up to what the server grants', () => {
    net.policies.set('br', { maxConnection: 3 })
    connect({ maxConnection: 8 })
    expect(connections()).toBe(1)
    net.clock.advance(1_000)
    expect(connections()).toBe(2)
    net.clock.advance(5_000)
    expect(connections()).toBe(3)
    expect(net.dials).toHaveLength(3)
  })

  test('half-duplex, compressed: some go each way', () => {
    connect({ maxConnection: 4, halfConnection: true, useCompress: true })
    net.clock.advance(10_000)
    const [near, far] = [new Collector(hub), new Collector(net.hub)]
    const frames = [near.broadcast(1), far.broadcast(2)]
    net.clock.advance(10)
    expect([far.frames, near.frames]).toEqual([[frames[0]], [frames[1]]])
  })

  test('one that is lost is replaced at once, and the session knows nothing of it', () => {
    connect()
    net.cuts[0]!()
    net.clock.advance(100)
    expect(connections()).toBe(1)
    expect(events).toHaveLength(3)
    expect(net.server.stats.additionalConnections).toBe(1)
  })

  test('failures are repeated less and less often while another one does the work', () => {
    connect({ maxConnection: 2 })
    net.failure = { code: 1, reason: 'no' }
    net.clock.advance(600_000)
    const [, , ...failed] = net.dials
    expect(failed.length).toBeLessThan(20)
    net.failure = undefined
    net.clock.advance(60_000)
    expect(connections()).toBe(2)
  })

  test('while there is none they are tried every second, until the session has timed out', () => {
    net.policies.set('br', { timeOut: 10 })
    connect()
    net.failure = { code: 1, reason: 'no' }
    net.cuts[0]!()
    net.clock.advance(9_000)
    expect(net.dials.length).toBeGreaterThan(8)
    expect(events).toHaveLength(3)
    net.clock.advance(2_000)
    expect(events.at(-1)).toBe('ended 3 the connection was lost')
    const dials = net.dials.length
    net.clock.advance(60_000)
    expect(net.dials).toHaveLength(dials)
  })

  test('each is replaced when its span is over', () => {
    connect({ connectionSpanMs: 5_000 })
    net.clock.advance(16_000)
    expect(connections()).toBe(1)
    expect(net.dials).toHaveLength(4)
  })

  test('the session ends where the server drops every connection at once, for it never stops to', () => {
    connect()
    net.cuts[0]!()
    for (let step = 0; step < 500 && events.length < 4; step += 1) {
      net.clock.advance(10)
      if (connections() === 1) net.cuts.at(-1)!()
    }
    expect(events.at(-1)).toBe('ended 3 the server drops every connection of the session')
    expect(net.dials.length).toBeLessThan(8)
  })

  test('the session ends where the server does not know it any more', () => {
    connect()
    net.restart()
    net.clock.advance(1_000)
    expect(events.at(-1)).toMatch(/^ended 13 /)
    expect(hub.sessions()).toEqual([])
  })

  test('the session ends where the server shows another certificate', () => {
    connect()
    net.certificate = Buffer.from('certificate 2')
    net.cuts[0]!()
    net.clock.advance(1_000)
    expect(events.at(-1)).toBe('ended 13 the certificate of the server has changed')
    expect(net.server.stats.refusedAdditionalConnections).toBe(0)
  })
})

test('hours of silence are bridged by keep-alives', () => {
  connect()
  net.clock.advance(8 * 3_600_000)
  expect(events).toHaveLength(3)
  expect(net.dials).toHaveLength(1)
})
