// ping and traceroute through the virtual NAT as people use them, in every case of what the server may open: an ICMP socket
// for its group, a raw one, neither. Behind the outside's first host lies a second network whose path is narrower.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RawGuest } from '../support/raw-guest.ts'
import { CLOSED_PORT, ECHO_PORT } from './servers/ports.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { startServices } from './support/outside.ts'
import { probe } from './support/probe.ts'
import { SecureNatServer } from './support/securenat.ts'
import type { RunResult } from './support/shell.ts'
import { OUTSIDE_ADDRESS, SERVER_ADDRESS, World } from './support/world.ts'

const VIRTUAL_HOST = '192.168.30.1'
const FAR_ADDRESS = '198.19.0.2'
const FAR_MTU = 1200
/** Nobody is there. */
const ABSENT_ADDRESS = '198.18.0.77'

let world: World

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  const far = await world.addNamespace('far')
  const { outside } = world
  const ends = ['name', 'far0', 'netns', outside.name, 'type', 'veth', 'peer', 'name', 'far0', 'netns', far.name]
  await outside.must(['ip', 'link', 'add', ...ends])
  await outside.ip('addr', 'add', '198.19.0.1/24', 'dev', 'far0')
  await far.ip('addr', 'add', `${FAR_ADDRESS}/24`, 'dev', 'far0')
  for (const namespace of [outside, far]) await namespace.ip('link', 'set', 'far0', 'up', 'mtu', String(FAR_MTU))
  await far.ip('route', 'add', 'default', 'via', '198.19.0.1')
  await outside.must(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
  // The router may say as much as it has to: a path is asked for hop by hop, all at once.
  await outside.must(['sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv4.icmp_msgs_per_sec=10000'])
  await far.must(['sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv4.icmp_msgs_per_sec=10000'])
})

afterAll(() => world?.destroy())

interface Case {
  name: string
  rights: 'root' | 'none'
  /** net.ipv4.ping_group_range */
  groups: string
}

/** A server of these rights, with a guest that has its lease. */
async function start({ name, rights, groups }: Case, args: readonly string[] = []): Promise<SecureNatServer> {
  await world.server.must(['sysctl', '-qw', `net.ipv4.ping_group_range=${groups}`])
  // What the kernel learned of paths before is not this server's knowledge.
  await world.server.must(['ip', 'route', 'flush', 'cache'])
  await world.guest.must(['ip', 'route', 'flush', 'cache'])
  const state = name.replaceAll(/\W+/g, '-')
  const listeners = ['--listen', '127.0.0.1:0', '--no-web']
  if (rights === 'root') {
    const server = await SecureNatServer.start(world, {
      state,
      args: ['--tap', `DEFAULT:tap0@${world.guest.name}`, ...listeners, ...args],
    })
    await leaseWithUdhcpc(world.guest, 'tap0')
    return server
  }
  const server = await SecureNatServer.start(world, { state, rights, args: [...listeners, ...args] })
  const attach = world.server.spawn([
    'nsenter',
    `--net=${world.server.path}`,
    `${import.meta.dirname}/../../securenat`,
    ...['attach', '--tap', 'tap0', '--netns', world.guest.name, '--state', server.state],
  ])
  await attach.waitForOutput(/is joined/, 15_000)
  await leaseWithUdhcpc(world.guest, 'tap0')
  return server
}

const ping = (...args: string[]): Promise<RunResult> => world.guest.run(['ping', '-n', '-i', '0.2', ...args])

/** The addresses of the hops, in order. */
async function traceroute(...args: string[]): Promise<string[]> {
  const { stdout } = await world.guest.run(['traceroute', '-n', '-w', '2', '-q', '1', '-m', '6', ...args])
  return [...stdout.matchAll(/^ *\d+ +(\S+)/gm)].map(([, hop]) => hop!)
}

const PATH = [VIRTUAL_HOST, OUTSIDE_ADDRESS, FAR_ADDRESS]

describe.each<Case>([
  { name: 'root, by a raw socket', rights: 'root', groups: '1 0' },
  { name: 'an ordinary user in the ping groups', rights: 'none', groups: '0 2147483647' },
])('$name', (given) => {
  let server: SecureNatServer
  beforeAll(async () => {
    server = await start(given)
  })
  afterAll(() => server?.stop())

  test('ping shows who is there, with the TTL of the way back, and who is not', async () => {
    const there = await ping('-c', '3', FAR_ADDRESS)
    expect(there.stdout).toMatch(/3 packets transmitted, 3 received/)
    expect(there.stdout).toContain('ttl=62')
    const absent = await ping('-c', '1', '-W', '5', ABSENT_ADDRESS)
    expect(absent.stdout).toMatch(new RegExp(`From ${SERVER_ADDRESS} icmp_seq=1 Destination Host Unreachable`))
    expect(absent.status).toBe(1)
    expect(await server.mustCommand('NatTable')).toMatch(/Protocol +\|ICMP/)
  })

  test('traceroute shows the way, the virtual host first, with echo requests and with datagrams', async () => {
    expect(await traceroute('-I', FAR_ADDRESS)).toEqual(PATH)
    expect(await traceroute(FAR_ADDRESS)).toEqual(PATH)
  })

  test('what is too long for the path is told with its MTU', async () => {
    const tooLong = await ping('-c', '1', '-W', '2', '-M', 'do', '-s', '1400', FAR_ADDRESS)
    expect(tooLong.stdout).toMatch(
      new RegExp(`From ${OUTSIDE_ADDRESS} .*Frag needed and DF set \\(mtu = ${FAR_MTU}\\)`),
    )
    // The kernel of the server knows by now, and says so itself.
    await world.guest.must(['ip', 'route', 'flush', 'cache'])
    const again = await ping('-c', '1', '-W', '2', '-M', 'do', '-s', '1400', FAR_ADDRESS)
    expect(again.stdout).toMatch(new RegExp(`From ${VIRTUAL_HOST} .*Frag needed and DF set \\(mtu = ${FAR_MTU}\\)`))
    await world.guest.must(['ip', 'route', 'flush', 'cache'])
    const inPieces = await ping('-c', '1', '-W', '2', '-M', 'dont', '-s', '3000', FAR_ADDRESS)
    expect(inPieces.stdout).toMatch(/1 received/)
  })

  test('a closed UDP port is refused at once', async () => {
    const outcome = await probe<{ error: string }>(world.guest, 'udp-refused', OUTSIDE_ADDRESS, CLOSED_PORT)
    expect(outcome.error).toBe('ECONNREFUSED')
  })

  test('two guests that use one identifier are told apart', async () => {
    const [one, two] = [
      await RawGuest.plug(server.socket, '192.168.30.5'),
      await RawGuest.plug(server.socket, '192.168.30.6'),
    ]
    one.send(one.echo(OUTSIDE_ADDRESS, 4711, 1, 'one'))
    two.send(two.echo(OUTSIDE_ADDRESS, 4711, 1, 'two'))
    for (const [guest, text] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      const { frame, ip } = await guest.next('the reply', ({ ip: header }) => header?.protocol === 1)
      expect([
        frame[ip!.payloadStart],
        Buffer.from(frame.subarray(ip!.payloadStart + 8, ip!.payloadEnd)).toString(),
      ]).toEqual([0, text])
      guest.close()
    }
  })
})

describe('an ordinary user outside the ping groups', () => {
  let server: SecureNatServer
  beforeAll(async () => {
    server = await start({ name: 'ordinary user outside', rights: 'none', groups: '1 0' })
  })
  afterAll(() => server?.stop())

  test('auto is the dummy of the manual: every address answers, with TTL 128', async () => {
    for (const address of [FAR_ADDRESS, ABSENT_ADDRESS]) {
      const { stdout } = await ping('-c', '2', address)
      expect(stdout).toMatch(/2 packets transmitted, 2 received/)
      expect(stdout).toContain('ttl=128')
    }
  })

  test('real says that it is not permitted, off says nothing', async () => {
    await server.mustCommand('NatSet', '--icmp', 'real')
    expect((await ping('-c', '1', FAR_ADDRESS)).stdout).toContain(`From ${VIRTUAL_HOST} icmp_seq=1 Packet filtered`)
    await server.mustCommand('NatSet', '--icmp', 'off')
    expect((await ping('-c', '1', '-W', '1', FAR_ADDRESS)).stdout).toMatch(/1 packets transmitted, 0 received, 100/)
  })

  test('datagrams still show the way', async () => {
    expect(await traceroute(FAR_ADDRESS)).toEqual(PATH)
  })
})

describe('egress rules while flows run', () => {
  let server: SecureNatServer
  beforeAll(async () => {
    server = await start({ name: 'egress', rights: 'root', groups: '1 0' })
  })
  afterAll(() => server?.stop())

  test('a rule refuses new flows and ends those that run; without it they come back', async () => {
    const echo = `exec 3<>/dev/tcp/${OUTSIDE_ADDRESS}/${ECHO_PORT}; echo ready; cat <&3`
    const running = world.guest.spawn(['bash', '-c', echo])
    await running.waitForOutput(/ready/, 5_000)
    await server.mustCommand('EgressAdd', '198.18.0.0/15')
    expect(await running.waitForExit(5_000)).toBe(true)
    expect(running.stderr).toMatch(/reset by peer/)
    const refused = await probe<{ error: string }>(world.guest, 'refused', OUTSIDE_ADDRESS, ECHO_PORT)
    expect(refused.error).toBe('ECONNREFUSED')
    expect((await ping('-c', '1', FAR_ADDRESS)).stdout).toContain(`From ${VIRTUAL_HOST} icmp_seq=1 Packet filtered`)
    expect(await server.mustCommand('EgressList')).toMatch(/Destination +\|198\.18\.0\.0\/15\n.*\n.*\nFlows +\|[1-9]/)
    await server.waitForLog(/A TCP flow was refused by the forwarding rules/)
    await server.mustCommand('EgressDelete', '1')
    expect((await ping('-c', '1', FAR_ADDRESS)).stdout).toMatch(/1 received/)
  })

  test("the server's own listener is closed to guests at the host's address, other services of the host are open", async () => {
    const listening = await SecureNatServer.start(world, {
      state: 'listening',
      args: ['--listen', `${SERVER_ADDRESS}:5555`, '--no-web', '--tap', `DEFAULT:tap1@${world.guest.name}`],
    })
    const service = world.server.spawn([
      process.execPath,
      '-e',
      `require('net').createServer().listen(8000, '${SERVER_ADDRESS}', () => console.log('listening'))`,
    ])
    await service.waitForOutput(/listening/, 10_000)
    const guest = await RawGuest.plug(listening.socket, '192.168.30.7')
    const flags = async (port: number): Promise<number> => {
      guest.send(guest.syn(SERVER_ADDRESS, port, 40_000 + port))
      return (await guest.next(`the answer of ${port}`, ({ tcp }) => tcp?.sourcePort === port)).tcp!.flags
    }
    expect(await flags(8000)).toBe(0x12) // SYN,ACK
    expect(await flags(5555)).toBe(0x14) // RST,ACK
    guest.close()
    await service.stop()
    await listening.stop()
  })

  test('a datagram to 127.0.0.1 is dropped and logged (D10)', async () => {
    const guest = await RawGuest.plug(server.socket, '192.168.30.8')
    guest.send(guest.udp('127.0.0.1', 53, 5353, 'x'))
    const { frame, ip } = await guest.next('the refusal', ({ ip: header }) => header?.protocol === 1)
    expect([...frame.subarray(ip!.payloadStart, ip!.payloadStart + 2)]).toEqual([3, 13])
    await server.waitForLog(/A UDP flow was refused .*127\.0\.0\.1:53/)
    guest.close()
  })
})
