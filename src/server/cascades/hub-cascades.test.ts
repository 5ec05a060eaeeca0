import { beforeEach, describe, expect, test } from 'vitest'
import { Collector, VpnNet } from '../../../test/support/vpn-net.ts'
import { userHash } from '../../accounts/password-hash.ts'
import type { CascadeSettings } from '../../admin/cascade-settings.ts'
import { DIRECT } from '../../admin/cascade-settings.ts'
import { Hub } from '../../hub/hub.ts'
import { DEFAULT_POLICY } from '../../hub/policy.ts'
import { connectInMemory } from '../../link/memory-link.ts'
import type { Dial } from '../../softether/client-connection.ts'
import { HubCascades } from './hub-cascades.ts'

const BROKEN = 'broken'

let net: VpnNet
let hub: Hub
let cascades: HubCascades
let lines: string[]
let faults: string[]

beforeEach(() => {
  net = new VpnNet()
  hub = new Hub('NEAR', net.clock)
  lines = []
  faults = []
  const write = (text: string, fields?: object): void => {
    lines.push(`${text} ${JSON.stringify(fields)}`)
  }
  cascades = new HubCascades(hub, {
    ...net.environment,
    log: { info: write, warn: write, error: write } as never,
    faults: { fault: (_text: string, error: unknown) => faults.push(String(error)) } as never,
    productName: 'Test Server',
    dial: ({ name }) => (name === BROKEN ? brokenDial : net.dial),
  })
})

/** Connects to what the program is not prepared for. */
const brokenDial: Dial = (events) => {
  net.clock.setTimer(1, () => events.connected(undefined as never))
  return () => {}
}

function cascade(more: Partial<CascadeSettings> = {}): CascadeSettings {
  return {
    name: 'up',
    online: true,
    hostName: 'far.example',
    port: 443,
    hubName: 'FAR',
    authentication: { kind: 'password', userName: 'br', hashedPassword: userHash('br', 'pw') },
    proxy: DIRECT,
    customHttpHeader: '',
    maxConnection: 2,
    useEncrypt: true,
    useCompress: false,
    halfConnection: false,
    disableQos: false,
    noUdpAcceleration: false,
    additionalConnectionInterval: 1,
    connectionDisconnectSpan: 0,
    checkServerCert: false,
    serverCert: undefined,
    policy: DEFAULT_POLICY,
    ...more,
  }
}

const isUp = (name = 'up'): boolean => cascades.cascadeStatus(name)?.state === 'established'

describe('a cascade', () => {
  test('runs while it is wanted, as a session of the hub that is no user’s', () => {
    hub.maxSessions = 1
    cascades.apply([cascade(), cascade({ name: 'off', online: false })])
    net.clock.advance(5_000)
    const identity = { kind: 'LINK', userName: 'Cascade', isLink: true, mode: 'bridge' }
    expect(hub.sessions()).toMatchObject([{ name: 'SID-LINK-1', identity }])
    expect(hub.activity()).toMatchObject({ logins: 0, clientSessions: 0, bridgeSessions: 1 })
    expect(net.hub.sessions()).toMatchObject([{ details: { clientProduct: 'Test Server (Cascade Mode)' } }])
    expect(cascades.cascadeStatus('UP')).toMatchObject({
      state: 'established',
      lastError: 0,
      timesEstablished: 1,
      serverProduct: 'A Server',
      serverVersion: 501,
      sessionName: 'SID-BR-1',
      cipherName: 'TLS_X',
      tcpConnections: 2,
      maxTcpConnections: 2,
    })
    expect(cascades.cascadeStatus('off')).toBeUndefined()
    cascades.apply([cascade({ online: false })])
    // The far session outlives its connections by its timeout.
    net.clock.advance(25_000)
    expect([hub.sessions().length, net.hub.sessions().length, cascades.cascadeStatus('up')]).toEqual([0, 0, undefined])
  })

  test('counts what passes in both directions', () => {
    cascades.apply([cascade()])
    net.clock.advance(5_000)
    const [near, far] = [new Collector(hub), new Collector(net.hub)]
    near.broadcast(1)
    far.broadcast(2)
    far.broadcast(3)
    net.clock.advance(10)
    const { traffic, wireBytesReceived } = cascades.cascadeStatus('up')!
    expect(traffic).toMatchObject({ rxBroadcastFrames: 2 })
    expect(wireBytesReceived).toBeGreaterThan(120)
  })

  test('obeys its policy', () => {
    cascades.apply([cascade({ policy: { ...DEFAULT_POLICY, filterNonIp: true } })])
    net.clock.advance(100)
    const [near, far] = [new Collector(hub), new Collector(net.hub)]
    near.broadcast(1)
    net.clock.advance(10)
    expect(far.frames).toEqual([])
  })

  test('goes on where nothing has changed, and begins anew where something has', () => {
    cascades.apply([cascade()])
    net.clock.advance(100)
    cascades.apply([cascade(), cascade({ name: 'second', online: false })])
    expect(net.dials).toHaveLength(1)
    cascades.apply([cascade({ hubName: 'NONE' })])
    net.clock.advance(100)
    expect(cascades.cascadeStatus('up')).toMatchObject({ state: 'retrying', lastError: 8 })
    expect(hub.sessions()).toEqual([])
  })

  test('tells its failure once, not every ten seconds', () => {
    net.failure = { code: 1, reason: 'no way' }
    cascades.apply([cascade()])
    net.clock.advance(100_000)
    expect(lines).toEqual(['a cascade is down {"hub":"NEAR","cascade":"up","error":1,"reason":"no way"}'])
    net.failure = undefined
    net.clock.advance(20_000)
    expect(lines.at(-1)).toMatch(/^a cascade is up .*"server":"A Server"/)
  })

  test('ends by a fault of the program alone', () => {
    cascades.apply([cascade(), cascade({ name: BROKEN })])
    net.clock.advance(2_500)
    expect(faults).toHaveLength(1)
    expect([isUp(), cascades.cascadeStatus(BROKEN)]).toEqual([true, undefined])
  })
})

describe('a loop', () => {
  const loops = (): string[] => lines.filter((line) => line.includes('closes a loop'))

  test('through another way between the two hubs is found by the cascade that closes it', () => {
    connectInMemory(hub, net.hub, { schedule: (deliver) => net.clock.setTimer(1, deliver) })
    cascades.apply([cascade()])
    net.clock.advance(1_000)
    expect(loops()).toHaveLength(1)
    expect(cascades.cascadeStatus('up')).toMatchObject({ state: 'retrying', lastError: 11 })
    expect(hub.sessions()).toHaveLength(1)
  })

  test('that somebody else closes later is found too', () => {
    cascades.apply([cascade()])
    net.clock.advance(20_000)
    expect(isUp()).toBe(true)
    connectInMemory(hub, net.hub, { schedule: (deliver) => net.clock.setTimer(1, deliver) })
    net.clock.advance(40_000)
    expect(loops()).toHaveLength(1)
  })

  test('of two cascades to the same hub leaves one of them up', () => {
    cascades.apply([cascade(), cascade({ name: 'second' })])
    net.clock.advance(20_000)
    expect([isUp(), isUp('second')].filter(Boolean)).toHaveLength(1)
    expect(loops()).toHaveLength(1)
  })

  test('into its own hub is found', () => {
    const own = new VpnNet()
    const self = new HubCascades(own.hub, {
      ...own.environment,
      log: {
        info: () => {},
        warn: (text: string, fields: object) => lines.push(text + JSON.stringify(fields)),
      } as never,
      faults: { fault: () => {} } as never,
      productName: 'S',
      dial: () => own.dial,
    })
    self.apply([cascade()])
    own.clock.advance(2_000)
    expect(loops()).toHaveLength(1)
  })

  test('there is none where hubs are only joined in a row', () => {
    const third = new Hub('THIRD', net.clock)
    connectInMemory(third, net.hub, { schedule: (deliver) => net.clock.setTimer(1, deliver) })
    cascades.apply([cascade()])
    net.clock.advance(200_000)
    expect(isUp()).toBe(true)
    expect(lines).toHaveLength(1)
  })
})
