import { beforeEach, describe, expect, test } from 'vitest'
import type { DhcpHarness } from '../../test/support/dhcp-client.ts'
import { dhcpHarness, SERVER, SERVER_MAC } from '../../test/support/dhcp-client.ts'
import {
  BOOTREPLY,
  DHCPACK,
  DHCPDISCOVER,
  DHCPNAK,
  DHCPOFFER,
  DHCPRELEASE,
  DHCPREQUEST,
  type DhcpMessage,
  getIpv4Option,
  getU8Option,
  OPTION_CLASSLESS_ROUTES,
  OPTION_LEASE_TIME,
  OPTION_MESSAGE_TYPE,
  OPTION_REBINDING_TIME,
  OPTION_RENEWAL_TIME,
  OPTION_REQUESTED_ADDRESS,
  OPTION_ROUTER,
  OPTION_SERVER_ID,
  setIpv4sOption,
  setRoutesOption,
  setU8Option,
  setU32Option,
} from '../wire/dhcp.ts'
import { ANY_IPV4, BROADCAST_IPV4, type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { DhcpClient, type Lease } from './dhcp-client.ts'

const MAC = 0x02_00_00_00_00_01 as MacAddress
const OFFERED = ipv4('192.168.30.10')

interface Sent {
  type: number | undefined
  message: DhcpMessage
  from: Ipv4Address
  to: Ipv4Address
  at: number
}

/** The client, in virtual time, with everything it said. */
class Scene {
  now = 1_000_000
  readonly sent: Sent[] = []
  readonly leases: Lease[] = []
  lost = 0
  #xid = 0
  readonly client = new DhcpClient({
    macAddress: MAC,
    hostName: 'guest',
    random: () => ++this.#xid,
    send: (message, from, to) => {
      this.sent.push({ type: getU8Option(message.options, OPTION_MESSAGE_TYPE), message, from, to, at: this.now })
    },
    bound: (lease) => this.leases.push(lease),
    lost: () => {
      this.lost += 1
    },
  })

  get last(): Sent {
    return this.sent.at(-1)!
  }

  /** Lets time pass until the next deadline, and no longer than `untilMs`. */
  passTo(instant: number): void {
    for (let at = this.client.nextDeadline(); at <= instant; at = this.client.nextDeadline()) {
      this.now = at
      this.client.onDeadline(at)
    }
    this.now = instant
  }

  reply(type: number, changes: Partial<DhcpMessage> = {}, edit: (options: DhcpMessage['options']) => void = () => {}) {
    const options: DhcpMessage['options'] = new Map()
    setU8Option(options, OPTION_MESSAGE_TYPE, type)
    setIpv4sOption(options, OPTION_SERVER_ID, SERVER)
    setU32Option(options, OPTION_LEASE_TIME, 1000)
    edit(options)
    const { xid, chaddr } = this.last.message
    const message = { ...this.last.message, op: BOOTREPLY, xid, chaddr, yiaddr: OFFERED, ...changes, options }
    this.client.input(message, this.now)
  }

  bind(edit?: (options: DhcpMessage['options']) => void): void {
    this.client.start(this.now)
    this.reply(DHCPOFFER)
    this.reply(DHCPACK, {}, edit)
    expect(this.client.state).toBe('BOUND')
  }
}

let scene: Scene
beforeEach(() => {
  scene = new Scene()
})

describe('with the virtual DHCP server', () => {
  let server: DhcpHarness

  /** Hands every message to the server, and its answers back, until both are silent. */
  function converse(): void {
    for (let sent = scene.sent.shift(); sent !== undefined; sent = scene.sent.shift()) {
      const { message, from, to } = sent
      const reply = server.server.input(message, { mac: MAC, address: from, destination: to })
      if (reply !== undefined) scene.client.input(reply.message, scene.now)
    }
  }

  beforeEach(() => {
    server = dhcpHarness({ pushRoutes: [] })
  })

  test('a lease is obtained with everything the command needs', () => {
    scene.client.start(scene.now)
    converse()
    expect(scene.leases).toEqual([
      {
        address: OFFERED,
        mask: ipv4('255.255.255.0'),
        server: SERVER,
        dnsServers: [SERVER],
        domainName: 'example.org',
        mtu: scene.leases[0]?.mtu,
        routes: [{ network: ANY_IPV4, mask: ANY_IPV4, gateway: SERVER }],
      },
    ])
    expect(server.created[0]?.lease).toMatchObject({ macAddress: MAC, ipAddress: OFFERED, hostName: 'guest' })
  })

  test('it is renewed as long as the client lives, and `bound` is not called again', () => {
    scene.client.start(scene.now)
    converse()
    for (let renewals = 0; renewals < 5; renewals += 1) {
      const at = scene.client.nextDeadline()
      expect(at - scene.now).toBe(3_600_000)
      scene.now = at
      server.clock.now += 3_600_000
      scene.client.onDeadline(at)
      converse()
    }
    expect(scene.client.state).toBe('BOUND')
    expect(scene.leases.length).toBe(1)
    expect(scene.lost).toBe(0)
  })

  test('release gives the address back: another client gets it', () => {
    scene.client.start(scene.now)
    converse()
    scene.client.release()
    expect(scene.last).toMatchObject({ type: DHCPRELEASE, from: OFFERED, to: SERVER })
    converse()
    expect(server.leases.live(server.clock.now)).toEqual([])
    expect(scene.client.nextDeadline()).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('retransmission', () => {
  test('DISCOVER is repeated after 1, 2, 4, 8 and then every 16 seconds', () => {
    scene.client.start(scene.now)
    const startedAt = scene.now
    scene.passTo(startedAt + 62_000)
    expect(scene.sent.map(({ type }) => type)).toEqual(new Array(7).fill(DHCPDISCOVER))
    expect(scene.sent.map(({ at }) => (at - startedAt) / 1000)).toEqual([0, 1, 3, 7, 15, 31, 47])
    expect(scene.sent.map(({ message }) => message.secs)).toEqual([0, 1, 3, 7, 15, 31, 47])
  })

  test('after four requests without an answer it discovers anew, in a new transaction', () => {
    scene.client.start(scene.now)
    scene.reply(DHCPOFFER)
    scene.passTo(scene.now + 15_500)
    const types = scene.sent.map(({ type }) => type)
    expect(types).toEqual([DHCPDISCOVER, ...new Array(4).fill(DHCPREQUEST), DHCPDISCOVER])
    expect(scene.last.message.xid).not.toBe(scene.sent[0]?.message.xid)
  })
})

describe('a bound client', () => {
  test('asks its server at T1 by unicast, everyone at T2 by broadcast, and starts anew at the end of the lease', () => {
    scene.bind((options) => setU32Option(options, OPTION_LEASE_TIME, 1000))
    const boundAt = scene.now
    scene.sent.length = 0
    scene.passTo(boundAt + 1_000_000)
    const [renewing, , , ...later] = scene.sent
    expect(renewing).toMatchObject({ type: DHCPREQUEST, from: OFFERED, to: SERVER, at: boundAt + 500_000 })
    expect(renewing?.message.ciaddr).toBe(OFFERED)
    expect(getIpv4Option(renewing!.message.options, OPTION_SERVER_ID)).toBeUndefined()
    expect(getIpv4Option(renewing!.message.options, OPTION_REQUESTED_ADDRESS)).toBeUndefined()
    const rebinding = later.find(({ to }) => to === BROADCAST_IPV4)
    expect(rebinding).toMatchObject({ type: DHCPREQUEST, from: OFFERED, at: boundAt + 875_000 })
    expect(scene.last).toMatchObject({ type: DHCPDISCOVER, from: ANY_IPV4, at: boundAt + 1_000_000 })
    expect(scene.lost).toBe(1)
  })

  test('does not ask more often than once a minute', () => {
    scene.bind()
    const boundAt = scene.now
    scene.sent.length = 0
    scene.passTo(boundAt + 874_000)
    const gaps = scene.sent.slice(1).map(({ at }, index) => at - scene.sent[index]!.at)
    expect(gaps.length).toBeGreaterThan(0)
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(60_000)
  })

  test('a lease without end needs no renewal', () => {
    scene.bind((options) => setU32Option(options, OPTION_LEASE_TIME, 0xffff_ffff))
    expect(scene.client.nextDeadline()).toBe(Number.POSITIVE_INFINITY)
  })

  test('absurd times from a server do not make it ask without pause', () => {
    scene.bind((options) => {
      setU32Option(options, OPTION_LEASE_TIME, 0)
      setU32Option(options, OPTION_RENEWAL_TIME, 0)
      setU32Option(options, OPTION_REBINDING_TIME, 0)
    })
    expect(scene.client.nextDeadline() - scene.now).toBeGreaterThanOrEqual(1000)
  })

  test('a NAK to its renewal ends the lease, and the next one is told', () => {
    scene.bind()
    scene.passTo(scene.now + 500_000)
    scene.reply(DHCPNAK)
    expect(scene.lost).toBe(1)
    expect(scene.last.type).toBe(DHCPDISCOVER)
    const other = ipv4('192.168.30.77')
    scene.reply(DHCPOFFER, { yiaddr: other })
    scene.reply(DHCPACK, { yiaddr: other })
    expect(scene.leases.map(({ address }) => address)).toEqual([OFFERED, other])
  })
})

describe('what is not for it', () => {
  test.each<[string, Partial<DhcpMessage>]>([
    ['another transaction', { xid: 0x7777 }],
    ['another client', { chaddr: SERVER_MAC }],
    ['a request, not a reply', { op: 1 }],
  ])('%s is left to others and changes nothing', (_what, changes) => {
    scene.client.start(scene.now)
    expect(scene.client.expects({ ...scene.last.message, op: BOOTREPLY, ...changes })).toBe(false)
    scene.reply(DHCPOFFER, changes)
    expect(scene.client.state).toBe('SELECTING')
  })

  test.each<[string, number, Partial<DhcpMessage>, number]>([
    ['an offer of no address', DHCPOFFER, { yiaddr: ANY_IPV4 }, OPTION_LEASE_TIME],
    ['an offer without a server identifier', DHCPOFFER, {}, OPTION_SERVER_ID],
  ])('%s is not taken', (_what, type, changes, missing) => {
    scene.client.start(scene.now)
    scene.reply(type, changes, (options) => options.delete(missing))
    expect(scene.client.state).toBe('SELECTING')
  })

  test('an acknowledgement without a lease time is not taken', () => {
    scene.client.start(scene.now)
    scene.reply(DHCPOFFER)
    scene.reply(DHCPACK, {}, (options) => options.delete(OPTION_LEASE_TIME))
    expect(scene.client.state).toBe('REQUESTING')
  })

  test('a late second offer does not disturb a request', () => {
    scene.client.start(scene.now)
    scene.reply(DHCPOFFER)
    const { length } = scene.sent
    scene.reply(DHCPOFFER, { yiaddr: ipv4('192.168.30.99') })
    expect(scene.sent.length).toBe(length)
    expect(getIpv4Option(scene.last.message.options, OPTION_REQUESTED_ADDRESS)).toBe(OFFERED)
  })
})

test('classless routes stand in for the router option (RFC 3442)', () => {
  const routes = [
    { network: ANY_IPV4, mask: ANY_IPV4, gateway: ipv4('192.168.30.1') },
    { network: ipv4('10.0.0.0'), mask: ipv4('255.0.0.0'), gateway: ipv4('192.168.30.2') },
  ]
  scene.bind((options) => {
    setIpv4sOption(options, OPTION_ROUTER, ipv4('192.168.30.254'))
    setRoutesOption(options, OPTION_CLASSLESS_ROUTES, routes)
  })
  expect(scene.leases[0]?.routes).toEqual(routes)
})
