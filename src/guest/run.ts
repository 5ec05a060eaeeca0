// `run`: a command in a new, rootless network namespace whose only interface is on a hub.
//
// Theory of operation. Two halves. The inner one (namespace-entry.ts) starts inside the namespaces, opens the TAP device
// and passes it out; this one puts it on the hub, gets an address for it by DHCP through a packet socket of that
// namespace, and tells the inner half, which configures the interface and becomes the command. From then on this half
// only renews the lease, follows changes of it, and forwards signals. The hub is a running server's, which takes the device
// over (server-hub.ts), or that of a server of our own, in this process, which lives as long as the command.
// At the end everything is given back in the opposite order: what the command left running in its namespace is ended, the
// address released, the device closed (and with it the namespace), the server stopped and its state removed.

import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attachable } from '../hub/port.ts'
import type { TapDevice } from '../link/tap-device.ts'
import { TapLink } from '../link/tap-link.ts'
import { readVnetHeader } from '../link/vnet-header.ts'
import { close } from '../os/files.ts'
import { requireLinux } from '../os/libc.ts'
import { PacketSocket } from '../os/packet-socket.ts'
import { formatIpv4, prefixLength } from '../wire/ipv4-address.ts'
import type { Lease } from './dhcp-client.ts'
import { DhcpOnWire } from './dhcp-on-wire.ts'
import { GuestError } from './guest-error.ts'
import type { InsideTap } from './namespace-child.ts'
import { NamespaceChild } from './namespace-child.ts'
import { NamespaceNetwork } from './namespace-network.ts'
import { killProcessesInNetns } from './namespace-processes.ts'
import { TAP_NAME } from './namespace-protocol.ts'
import { makeOwnStateDir } from './own-state-dir.ts'
import type { GuestHub, JoinOptions } from './server-hub.ts'
import { connectServerHub } from './server-hub.ts'

const DEFAULT_HUB = 'DEFAULT'
const DEFAULT_MTU = 1500
const LEASE_WAIT_MS_MAX = 20_000
const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']

export interface RunOptions {
  readonly hub: string
  readonly stateDir: string
  readonly mtu?: number
  readonly gso: boolean
  readonly command: readonly string[]
  /** Program and arguments that start this program again. */
  readonly reenter: readonly string[]
  /** Whether the user's terminal sends SIGINT and SIGQUIT to the command by itself. */
  readonly isTerminal: boolean
  readonly startServer: (options: OwnServerOptions) => Promise<OwnServer>
  /** The hub of a server elsewhere; left out: one of this machine, or our own. */
  readonly connectRemote?: () => Promise<GuestHub>
  /**
   * A line for the user's stderr. It must be written synchronously to the descriptor: Node's streams would make it
   * non-blocking for the command too, which shares it.
   */
  readonly tell: (line: string) => void
  /** The same, for those who asked for it. */
  readonly tellMore: (line: string) => void
}

export interface OwnServerOptions {
  readonly stateDir: string
  readonly mtu: number | undefined
  readonly gso: boolean
}

/** A server in this process. */
export interface OwnServer {
  /** The hub with SecureNAT enabled. */
  readonly hub: Attachable
  stop(): Promise<void>
}

/** @returns the exit status of the command @throws GuestError, or what starting a server says */
export async function runCommand(options: RunOptions): Promise<number> {
  if (process.platform !== 'linux')
    throw new GuestError('"run" needs Linux: it puts the command into a network namespace')
  requireLinux('"run"')
  // Last in, first out; each of them runs whatever the others do.
  const undo: (() => void | Promise<void>)[] = []
  try {
    return await run(options, undo)
  } finally {
    for (const step of undo.reverse()) await step()
  }
}

async function run(options: RunOptions, undo: (() => void | Promise<void>)[]): Promise<number> {
  const { reenter, command, gso } = options
  const mtu = options.mtu ?? DEFAULT_MTU
  // First of all, since starting it takes longest; what follows goes on beside it.
  const child = new NamespaceChild({ reenter, command, mtu, gso })
  undo.push(() => child.close())
  undo.push(forwardSignals(child, options.isTerminal))
  try {
    const hubReady = openHub(options, undo)
    const tapReady = child.tap()
    // Whichever fails, the other is waited for too, so that what it opened is closed again.
    const [hub, tap] = await Promise.allSettled([hubReady, tapReady])
    if (tap.status === 'rejected') throw tap.reason
    if (hub.status === 'rejected') {
      close(tap.value.fd)
      close(tap.value.packets)
      throw hub.reason
    }
    return await runOnHub(child, hub.value, tap.value, options, undo)
  } catch (error) {
    child.signal('SIGKILL')
    throw error
  }
}

async function runOnHub(
  child: NamespaceChild,
  hub: GuestHub,
  tap: InsideTap,
  options: RunOptions,
  undo: (() => void | Promise<void>)[],
): Promise<number> {
  const { gso, tell, tellMore } = options
  let onLease: (lease: Lease) => void = () => undefined
  const firstLease = new Promise<Lease>((resolve) => {
    onLease = resolve
  })
  const packets = new PacketSocket(tap.packets, (header, frame) => {
    const offload = readVnetHeader(header, frame)
    if (offload !== undefined) dhcp.input(frame, offload)
  })
  undo.push(() => packets.close())
  const dhcp = new DhcpOnWire({
    macAddress: tap.macAddress,
    hostName: hostname(),
    now: () => performance.now(),
    random: () => Math.floor(Math.random() * 0x1_0000_0000),
    setTimer,
    send: (frame) => packets.send(frame),
    bound: (lease) => onLease(lease),
    lost: () => tellMore('the lease was lost; asking for it again'),
  })
  const device = { fd: tap.fd, name: TAP_NAME, macAddress: tap.macAddress }
  const ended = (reason: string) =>
    tell(`the connection to the server was lost (${reason}): the command has no network any more`)
  const mtu = await hub.join(device, { gso, hostName: TAP_NAME, ended })
  undo.push(() => dhcp.release())
  undo.push(() => killProcessesInNetns(tap.netns))
  dhcp.start()
  const network = new NamespaceNetwork({ socket: packets.fd, mtu: options.mtu ?? mtu ?? DEFAULT_MTU, tell })
  const lease = await orEarlyEnd(child, firstLease, options.hub)
  onLease = (next) => network.follow(next)
  tellMore(describeLease(lease))
  const resolvConf = await child.begin(network.begin(lease))
  if (resolvConf !== undefined) {
    undo.push(() => close(resolvConf))
    network.resolvConf = resolvConf
  }
  return child.exited
}

/** Waits for the lease, but not longer than the other half lives or a person would. */
async function orEarlyEnd(child: NamespaceChild, lease: Promise<Lease>, hub: string): Promise<Lease> {
  const timeout = new AbortController()
  const late = sleep(LEASE_WAIT_MS_MAX, undefined, { signal: timeout.signal }).then(
    () => {
      throw new GuestError(
        `no DHCP server answers on the hub "${hub}": enable SecureNAT on it with "securenat SecureNatEnable --hub ${hub}"`,
      )
    },
    // Cancelled: the race is decided.
    () => new Promise<never>(() => undefined),
  )
  const ended = child.exited.then((status) => {
    throw new GuestError('interrupted', status)
  })
  try {
    return await Promise.race([lease, late, ended])
  } finally {
    timeout.abort()
    ended.catch(() => undefined)
  }
}

/** The hub of a running server, else that of one of our own. */
async function openHub(options: RunOptions, undo: (() => void | Promise<void>)[]): Promise<GuestHub> {
  const { hub, stateDir, tellMore, connectRemote } = options
  const joined = connectRemote === undefined ? await connectServerHub(stateDir, hub) : await connectRemote()
  if (joined !== undefined) {
    tellMore(`joined the hub "${hub}" of the server ${connectRemote === undefined ? `on ${stateDir}` : 'elsewhere'}`)
    undo.push(() => joined.close())
    return joined
  }
  if (hub.toLowerCase() !== DEFAULT_HUB.toLowerCase())
    throw new GuestError(`there is no hub "${hub}": no server runs on ${stateDir}; start one with "securenat serve"`)
  tellMore(`no server runs on ${stateDir}: starting one for the duration`)
  const own = makeOwnStateDir()
  undo.push(() => own.remove())
  const server = await options.startServer({ stateDir: own.path, mtu: options.mtu, gso: options.gso })
  undo.push(() => server.stop())
  const ownHub = new OwnHub(server.hub)
  undo.push(() => ownHub.close())
  return ownHub
}

/** A hub in this process. */
class OwnHub implements GuestHub {
  readonly #hub: Attachable
  #link: TapLink | undefined

  constructor(hub: Attachable) {
    this.#hub = hub
  }

  async join(device: TapDevice, { gso, hostName, ended }: JoinOptions): Promise<undefined> {
    this.#link = new TapLink(this.#hub, device, { gso, hostName }, { closed: ended })
  }

  async close(): Promise<void> {
    this.#link?.finish()
  }
}

/** @returns the function that ends it */
function forwardSignals(child: NamespaceChild, isTerminal: boolean): () => void {
  const forward = (signal: NodeJS.Signals) => {
    // The terminal has sent it to the whole foreground group: the command would get it twice.
    if (!isTerminal || (signal !== 'SIGINT' && signal !== 'SIGQUIT')) child.signal(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}

function describeLease(lease: Lease): string {
  const gateways = lease.routes.map((route) => formatIpv4(route.gateway))
  const dns = lease.dnsServers.map(formatIpv4)
  return (
    `${TAP_NAME} has ${formatIpv4(lease.address)}/${prefixLength(lease.mask) ?? '?'} from ${formatIpv4(lease.server)}, ` +
    `gateway ${gateways.join(', ') || 'none'}, DNS ${dns.join(', ') || 'none'}`
  )
}

function setTimer(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(delayMs, 0x7fff_ffff))
  return () => clearTimeout(timer)
}
