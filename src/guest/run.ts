// `run`: a command in a new, rootless network namespace whose only interface is on a hub.
//
// Theory of operation. Two halves. The inner one (namespace-entry.ts) starts inside the namespaces, opens the TAP device
// and passes it out; this one puts it on the hub, gets an address for it by DHCP on the wire, and tells the inner half,
// which configures the interface and becomes the command. From then on this half only carries frames, renews the lease
// and forwards signals. The hub is a running server's, through its socket, or that of a server of our own, in this
// process, which lives as long as the command.
// At the end everything is given back in the opposite order: what the command left running in its namespace is ended, the
// address released, the device closed (and with it the namespace), the server stopped and its state removed.

import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attachable } from '../hub/port.ts'
import { TapLink } from '../link/tap-link.ts'
import { Wire } from '../link/wire.ts'
import { close } from '../os/files.ts'
import { requireLinux } from '../os/libc.ts'
import { formatIpv4, prefixLength } from '../wire/ipv4-address.ts'
import type { Lease } from './dhcp-client.ts'
import { DhcpOnWire } from './dhcp-on-wire.ts'
import { GuestError } from './guest-error.ts'
import type { InsideTap } from './namespace-child.ts'
import { NamespaceChild } from './namespace-child.ts'
import { killProcessesInNetns } from './namespace-processes.ts'
import { TAP_NAME } from './namespace-protocol.ts'
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
      throw hub.reason
    }
    return await runOnHub(child, hub.value, tap.value, mtu, options, undo)
  } catch (error) {
    child.signal('SIGKILL')
    throw error
  }
}

async function runOnHub(
  child: NamespaceChild,
  hub: Attachable,
  tap: InsideTap,
  mtu: number,
  options: RunOptions,
  undo: (() => void | Promise<void>)[],
): Promise<number> {
  const { tell, tellMore } = options
  let onLease: (lease: Lease) => void = () => undefined
  const firstLease = new Promise<Lease>((resolve) => {
    onLease = resolve
  })
  let present: Lease | undefined
  const dhcp = new DhcpOnWire(hub, {
    macAddress: tap.macAddress,
    hostName: hostname(),
    now: () => performance.now(),
    random: () => Math.floor(Math.random() * 0x1_0000_0000),
    setTimer,
    bound(lease) {
      if (present !== undefined && present.address !== lease.address)
        tell(
          `the DHCP server now gives ${formatIpv4(lease.address)}, but the command keeps ${formatIpv4(present.address)}`,
        )
      present ??= lease
      onLease(lease)
    },
    lost: () => tellMore('the lease was lost; asking for it again'),
  })
  const device = { fd: tap.fd, name: TAP_NAME, macAddress: tap.macAddress }
  const link = new TapLink(
    dhcp,
    device,
    { gso: options.gso, hostName: TAP_NAME },
    {
      closed: (reason) => tellMore(reason),
    },
  )
  undo.push(() => link.close())
  undo.push(() => dhcp.release())
  undo.push(() => killProcessesInNetns(tap.netns))
  dhcp.start()
  const lease = await orEarlyEnd(child, firstLease, options.hub)
  tellMore(describeLease(lease))
  await child.begin({
    configuration: { address: lease.address, mask: lease.mask, mtu: lease.mtu ?? mtu, routes: lease.routes },
    resolvConf: formatResolvConf(lease),
  })
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
async function openHub(options: RunOptions, undo: (() => void | Promise<void>)[]): Promise<Attachable> {
  const { hub, stateDir, tell, tellMore } = options
  const wire = new Wire()
  let isEnding = false
  const connection = await connectServerHub(stateDir, hub, wire.b, {
    detached: (_session, reason) => {
      if (!isEnding) tell(`the connection to the server was lost (${reason}): the command has no network any more`)
    },
  })
  if (connection !== undefined) {
    tellMore(`joined the hub "${hub}" of the server on ${stateDir}`)
    undo.push(() => {
      isEnding = true
      return connection.close()
    })
    return wire.a
  }
  if (hub.toLowerCase() !== DEFAULT_HUB.toLowerCase())
    throw new GuestError(`there is no hub "${hub}": no server runs on ${stateDir}; start one with "securenat serve"`)
  tellMore(`no server runs on ${stateDir}: starting one for the duration`)
  const ownStateDir = mkdtempSync(join(tmpdir(), 'securenat-'))
  undo.push(() => rmSync(ownStateDir, { recursive: true, force: true }))
  const server = await options.startServer({ stateDir: ownStateDir, mtu: options.mtu, gso: options.gso })
  undo.push(() => server.stop())
  return server.hub
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

/** resolv.conf(5) */
export function formatResolvConf(lease: Lease): string {
  const lines = lease.dnsServers.map((address) => `nameserver ${formatIpv4(address)}`)
  if (lease.domainName !== '') lines.push(`search ${lease.domainName}`)
  return lines.length === 0 ? '# the DHCP server names no DNS server\n' : `${lines.join('\n')}\n`
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
