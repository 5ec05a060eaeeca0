// What is measured: the product in its variants, its peers, and ceilings. Each is started in the server's namespace with
// `tap0` in a guest's, the guest takes its address by DHCP, and from then on they are all alike.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, run, waitFor } from '../test/e2e/support/shell.ts'
import { type Bed, OUTSIDE_ADDRESS, type Place } from './bed.ts'
import { type FirstLease, monotonicMs } from './load/first-lease.ts'
import { IPERF_PORT } from './load/protocol.ts'
import { LAUNCHER, loadProgram } from './places.ts'

const LEASE_TIMEOUT_MS = 15_000
const TAP = 'tap0'
const GUEST_ADDRESS = '10.0.2.15'
const GATEWAY = '10.0.2.2'
/** Last number of the second guest's address. */
const FIRST_STATIC = 101
const PEER_DNS = '10.0.2.3'

export type Kind = 'product' | 'peer' | 'ceiling'

/** A wire between the guest and what is measured, with a round-trip time and a loss. */
export interface LongPath {
  readonly rttMs: number
  readonly lossPercent: number
}

export interface StartOptions {
  readonly mtu: number
  readonly path?: LongPath
  /** Guests on the product's hub, each with a TAP in a namespace of its own; default 1. */
  readonly guests?: number
}

/** A system that runs, ready for load. */
export interface Running {
  /** The NAT itself: its processor time and memory. Empty for the kernel. */
  readonly natPids: readonly number[]
  /** Helpers that carry frames between the TAP and the NAT. */
  readonly linkPids: readonly number[]
  readonly clients: Place
  /** Where there are several, all of them; `clients` is the first. */
  readonly guests: readonly Place[]
  /** Where the servers are, and under which address the clients reach them. */
  readonly servers: Place
  readonly serverAddress: string
  readonly target: string
  readonly dns: string | undefined
  /** From the start of the NAT's program to the guest's lease; undefined without DHCP. */
  readonly leaseMs: number | undefined
  stop(): Promise<void>
}

export interface System {
  readonly name: string
  readonly kind: Kind
  /** The program it needs, and the Debian package that has it. */
  readonly program?: { name: string; package: string }
  /** One line: name and version. */
  about(): Promise<string>
  start(bed: Bed, options: StartOptions): Promise<Running>
}

/** What a start has put up so far, to be taken down together. */
class Parts {
  readonly programs: Program[] = []
  readonly places: Place[] = []
  readonly bed: Bed

  constructor(bed: Bed) {
    this.bed = bed
  }

  async place(kind: string): Promise<Place> {
    const place = await this.bed.newPlace(kind)
    this.places.push(place)
    return place
  }

  spawn(place: Place, argv: readonly string[]): Program {
    const program = place.spawn(argv)
    this.programs.push(program)
    return program
  }

  remove(): Promise<void> {
    return this.bed.remove(this.places, this.programs)
  }
}

/** What is particular to one NAT behind a TAP. */
interface NatKind {
  /** The NAT's command line. @param tapPlaces the namespaces in which it makes `tap0`: but for the product, one */
  command(tapPlaces: readonly [Place, ...Place[]], directory: string, mtu: number): string[]
  /** What else carries frames: started before the NAT, or as soon as it is there. */
  link?(parts: Parts, tapPlace: Place, directory: string, mtu: number): Promise<Program>
  readonly dns: string
}

async function startNat(bed: Bed, kind: NatKind, { mtu, path, guests = 1 }: StartOptions): Promise<Running> {
  const parts = new Parts(bed)
  try {
    const guest = await parts.place('guest')
    const tapPlace = path === undefined ? guest : await parts.place('link')
    if (path !== undefined) {
      await startLongPath(parts, guest, tapPlace, path)
      await tapPlace.ip('link add br0 type bridge', 'link set far0 master br0', 'link set br0 up')
    }
    const others: Place[] = []
    while (others.length + 1 < guests) others.push(await parts.place('guest'))
    const directory = bed.newDirectory('nat')
    const asker = parts.spawn(guest, loadProgram('client', 'lease', TAP, LEASE_TIMEOUT_MS))
    await asker.waitForOutput(/ready/, 5_000)
    const nat = await bed.prepare(kind.command([tapPlace, ...others], directory, mtu))
    parts.programs.push(nat.program)
    const startedAt = monotonicMs()
    nat.start()
    const link = await kind.link?.(parts, tapPlace, directory, mtu)
    if (path !== undefined) {
      await waitForLink(tapPlace, TAP, nat.program)
      await tapPlace.ip(`link set ${TAP} up master br0`)
    }
    const lease = await leaseFrom(asker, nat.program)
    await guest.ip(
      `link set ${TAP} mtu ${mtu}`,
      `addr add ${lease.address}/${lease.prefix} dev ${TAP}`,
      `route add default via ${lease.gateway}`,
    )
    for (const [index, place] of others.entries()) await configureByHand(place, lease, index)
    return {
      natPids: [nat.program.pid],
      linkPids: link === undefined ? [] : [link.pid],
      clients: guest,
      guests: [guest, ...others],
      servers: bed.outside,
      serverAddress: OUTSIDE_ADDRESS,
      target: OUTSIDE_ADDRESS,
      dns: kind.dns,
      leaseMs: lease.at - startedAt,
      stop: () => parts.remove(),
    }
  } catch (error) {
    await parts.remove()
    throw error
  }
}

/** Only the first guest asks for a lease: a hundred clients at once would be another measurement. */
async function configureByHand(place: Place, lease: FirstLease, index: number): Promise<void> {
  const address = lease.address.replace(/\d+$/, String(FIRST_STATIC + index))
  const route = `route add default via ${lease.gateway}`
  await place.ip(`addr add ${address}/${lease.prefix} dev ${TAP}`, route)
}

async function leaseFrom(asker: Program, nat: Program): Promise<FirstLease> {
  await asker.waitForExit(LEASE_TIMEOUT_MS + 5_000)
  const answer = JSON.parse(asker.stdout.trim().split('\n').at(-1) ?? '{}') as FirstLease | { error?: string }
  if ('address' in answer) return answer
  throw new Error(`the guest got no lease: ${nat.log}`)
}

async function waitForLink(place: Place, link: string, nat: Program): Promise<void> {
  await waitFor(`${link} in ${place.name}`, LEASE_TIMEOUT_MS, async () => {
    if (!nat.running) throw new Error(`it ended\n${nat.log}`)
    return (await run(['ip', '-n', place.name, 'link', 'show', link])).status === 0
  })
}

async function startLongPath(parts: Parts, near: Place, far: Place, path: LongPath): Promise<void> {
  const ends = [near.path, TAP, far.path, 'far0']
  const wire = parts.spawn(parts.bed.server, loadProgram('long-path', ...ends, path.rttMs, path.lossPercent))
  await wire.waitForOutput(/ready/, 5_000)
}

/** TAP, MTU and socket: the bridge program that carries a TAP over a NAT's stream socket. */
async function startBridge(parts: Parts, tapPlace: Place, mtu: number, socket: string): Promise<Program> {
  return parts.spawn(tapPlace, loadProgram('bridge', TAP, mtu, socket))
}

export type ProductLink = 'tap' | 'stream' | 'attach'

/** @param gso super-frames, as by default */
export function product(name: string, link: ProductLink, gso: boolean): System {
  const hubSocket = (directory: string): string => join(directory, 'state', 'hubs', 'DEFAULT.sock')
  return {
    name,
    kind: 'product',
    async about() {
      const { stdout } = await run([LAUNCHER, '--version'], { timeoutMs: 300_000 })
      return `${stdout.trim()}, ${link === 'tap' ? 'TAP in the server' : link}${gso ? '' : ', --no-gso'}`
    },
    start: (bed, options) =>
      startNat(
        bed,
        {
          dns: '192.168.30.1',
          command(tapPlaces, directory, mtu) {
            const tap = link === 'tap' ? tapPlaces.flatMap(({ name }) => ['--tap', `DEFAULT:${TAP}@${name}`]) : []
            const more = [...(mtu === 1500 ? [] : ['--mtu', String(mtu)]), ...(gso ? [] : ['--no-gso'])]
            return [LAUNCHER, 'serve', '--state', join(directory, 'state'), '--no-web', ...tap, ...more]
          },
          ...(link === 'tap'
            ? {}
            : {
                async link(parts, tapPlace, directory, mtu) {
                  if (link === 'stream') return startBridge(parts, tapPlace, mtu, hubSocket(directory))
                  await waitFor('the hub', LEASE_TIMEOUT_MS, () => existsSync(hubSocket(directory)))
                  const where = ['--tap', TAP, '--netns', tapPlace.name, '--hub', 'DEFAULT']
                  const state = ['--state', join(directory, 'state')]
                  return parts.spawn(parts.bed.server, [LAUNCHER, 'attach', ...where, ...state])
                },
              }),
        },
        options,
      ),
  }
}

const slirp4netns: System = {
  name: 'slirp4netns',
  kind: 'peer',
  program: { name: 'slirp4netns', package: 'slirp4netns' },
  about: async () => (await run(['slirp4netns', '--version'])).stdout.split('\n')[0]!.trim(),
  start: (bed, options) =>
    startNat(
      bed,
      {
        dns: PEER_DNS,
        command: ([tapPlace], _directory, mtu) => [
          'slirp4netns',
          '--netns-type=path',
          `--mtu=${mtu}`,
          tapPlace.path,
          TAP,
        ],
      },
      options,
    ),
}

/** pasta and passt: the same program under two names. */
const passtVersion = async (): Promise<string> =>
  (await run(['pasta', '--version'])).stdout
    .split('\n')[0]!
    .trim()
    .replace(/^pasta /, '')

function passtOptions(mtu: number): string[] {
  const addresses = ['-4', '-a', GUEST_ADDRESS, '-n', '24', '-g', GATEWAY, '--dns-forward', PEER_DNS]
  return ['--foreground', '--quiet', '--runas', '0:0', ...addresses, '--mtu', String(mtu), '-t', 'none', '-u', 'none']
}

const pasta: System = {
  name: 'pasta',
  kind: 'peer',
  program: { name: 'pasta', package: 'passt' },
  about: async () => `pasta ${await passtVersion()}`,
  start: (bed, options) =>
    startNat(
      bed,
      {
        dns: PEER_DNS,
        command: ([tapPlace], _directory, mtu) => [
          ...['pasta', ...passtOptions(mtu), '-T', 'none', '-U', 'none'],
          ...['--netns-only', '--netns', tapPlace.path, '-I', TAP],
        ],
      },
      options,
    ),
}

const passt: System = {
  name: 'passt',
  kind: 'peer',
  program: { name: 'passt', package: 'passt' },
  about: async () => `passt ${await passtVersion()}, stream socket and the benchmark's bridge`,
  start: (bed, options) =>
    startNat(
      bed,
      {
        dns: PEER_DNS,
        command: (_tapPlaces, directory, mtu) => [
          'passt',
          '--socket',
          join(directory, 'nat.sock'),
          ...passtOptions(mtu),
        ],
        link: (parts, tapPlace, directory, mtu) => startBridge(parts, tapPlace, mtu, join(directory, 'nat.sock')),
      },
      options,
    ),
}

/** No NAT: the kernel forwards between guest and outside. What the load generators can do at most. */
const kernel: System = {
  name: 'kernel',
  kind: 'ceiling',
  about: async () => `Linux ${(await run(['uname', '-r'])).stdout.trim()}, plain routing over veth`,
  async start(bed, { mtu, path }) {
    const parts = new Parts(bed)
    const inner = path === undefined ? 'in0' : 'far0'
    try {
      const guest = await parts.place('guest')
      if (path === undefined) {
        const veth = `link add name in0 mtu ${mtu} type veth peer name ${TAP} netns ${guest.name} mtu ${mtu}`
        await bed.server.ip(veth, 'link set in0 up')
        await guest.ip(`link set ${TAP} up`)
      } else {
        await startLongPath(parts, guest, bed.server, path)
      }
      await bed.server.ip(`addr add ${GATEWAY}/24 dev ${inner}`)
      await bed.server.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
      await guest.ip(`addr add ${GUEST_ADDRESS}/24 dev ${TAP}`, `route add default via ${GATEWAY}`)
      await bed.outside.ip('route replace 10.0.2.0/24 via 198.18.0.2')
    } catch (error) {
      await parts.remove()
      throw error
    }
    return {
      natPids: [],
      linkPids: [],
      clients: parts.places[0]!,
      guests: parts.places,
      servers: bed.outside,
      serverAddress: OUTSIDE_ADDRESS,
      target: OUTSIDE_ADDRESS,
      dns: OUTSIDE_ADDRESS,
      leaseMs: undefined,
      stop: async () => {
        await run(['ip', '-n', bed.server.name, 'link', 'del', inner])
        await parts.remove()
      },
    }
  },
}

/** A TCP proxy on Node's own sockets over loopback: no packets at all. */
const nodeProxy: System = {
  name: 'node-proxy',
  kind: 'ceiling',
  about: async () => `Node ${process.version}, a bare TCP proxy on loopback`,
  async start(bed) {
    const parts = new Parts(bed)
    const place = await parts.place('guest')
    const proxy = parts.spawn(place, loadProgram('proxy', '127.0.0.2', '127.0.0.1', IPERF_PORT))
    await waitFor('the proxy', 5_000, async () => {
      const { stdout } = await place.run(['ss', '-Hltn', 'src', '127.0.0.2'])
      return stdout.includes(`:${IPERF_PORT}`)
    })
    return {
      natPids: [proxy.pid],
      linkPids: [],
      clients: place,
      guests: [place],
      servers: place,
      serverAddress: '127.0.0.1',
      target: '127.0.0.2',
      dns: undefined,
      leaseMs: undefined,
      stop: () => parts.remove(),
    }
  },
}

/** The bridge program back to back with itself: nothing that takes frames from it can be faster. */
const wire: System = {
  name: 'wire',
  kind: 'ceiling',
  about: async () => "two of the benchmark's bridges back to back",
  async start(bed, { mtu }) {
    const parts = new Parts(bed)
    try {
      const guest = await parts.place('guest')
      const far = await parts.place('far')
      const socket = join(bed.newDirectory('wire'), 'wire.sock')
      const listener = parts.spawn(far, loadProgram('bridge', TAP, mtu, socket, 'listen'))
      const near = parts.spawn(guest, loadProgram('bridge', TAP, mtu, socket))
      await waitForLink(far, TAP, listener)
      await waitForLink(guest, TAP, near)
      await far.ip(`addr add ${GATEWAY}/24 dev ${TAP}`)
      await guest.ip(`addr add ${GUEST_ADDRESS}/24 dev ${TAP}`)
      return {
        natPids: [],
        linkPids: [listener.pid, near.pid],
        clients: guest,
        guests: [guest],
        servers: far,
        serverAddress: GATEWAY,
        target: GATEWAY,
        dns: undefined,
        leaseMs: undefined,
        stop: () => parts.remove(),
      }
    } catch (error) {
      await parts.remove()
      throw error
    }
  },
}

export const SYSTEMS: readonly System[] = [slirp4netns, pasta, passt, kernel, nodeProxy, wire]

export function systemNamed(name: string): System {
  const found = SYSTEMS.find((system) => system.name === name)
  if (found === undefined) throw new Error(`no system named ${name}`)
  return found
}
