// One hub's security log: the events of its SecureNAT as lines (R50, R51).
//
// Lines of SecureNAT are written only while the hub's "save log" setting is on; what administrators do is always written.
// The line about a connection waits a little for the destination's host name, and those behind it wait with it
// (logs/held-lines.ts): every line has the time of its event, and the file is in their order.
// Refused flows come as fast as a guest can send: past REFUSED_LINES_PER_SECOND they are only counted, and the next line
// that may be written says how many.

import type { AdministrationChange } from '../admin/administration-change.ts'
import type { DhcpAllocation, HubEvents, PolicyDrop } from '../hub/events.ts'
import type { NatLimitName } from '../nat/limits.ts'
import type { FlowEndpoints, NatProtocol } from '../nat/rows.ts'
import type { DhcpEntryEnd, DhcpLeaseRow, SecureNatEvents } from '../securenat/events.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { formatIpv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { formatMac } from '../wire/mac.ts'
import { formatLocalTime } from './local-time.ts'
import { HeldLines } from './logs/held-lines.ts'
import type { HostNames } from './logs/host-names.ts'
import type { LineWriter } from './logs/line-file.ts'
import type { SecurityTexts } from './messages.ts'

export const REFUSED_LINES_PER_SECOND = 10
/** A line about one limit, address conflict or loop follows the one before not sooner. */
const REPEATED_LINE_MS = 60_000

export class SecurityLog implements SecureNatEvents, HubEvents {
  /** Follow the configuration. */
  saveLog = true
  /** `false`: nothing is kept, and only who watches is told. */
  isKept = true
  texts: SecurityTexts
  /** Asked for the names of destinations; `undefined`: their addresses stand for them. */
  hostNames: Pick<HostNames, 'lookup'> | undefined
  /** Told of every line that is written, without its time. */
  written: ((line: string, at: number) => void) | undefined
  readonly stats = { refusedNotLogged: 0 }
  readonly #lines: HeldLines
  readonly #wallClock: () => number
  #refusedSecond = 0
  #refusedInSecond = 0
  #refusedUntold = 0
  /** By what happens again and again: when it was last told, and how often it happened since. */
  readonly #repeated = new Map<string, { toldAt: number; untold: number }>()

  constructor(file: LineWriter, texts: SecurityTexts, wallClock: () => number) {
    this.#lines = new HeldLines((at, line) => {
      if (this.isKept) file.write(at, `${formatLocalTime(at)} ${line}`)
      this.written?.(line, at)
    })
    this.texts = texts
    this.#wallClock = wallClock
  }

  started(sessionName: string): void {
    this.#save(this.texts.started(sessionName))
  }

  stopped(): void {
    this.#save(this.texts.stopped)
  }

  /** @param connection the administration connection, `RPC-3` */
  administration(
    change: AdministrationChange,
    connection: string,
    hub: string,
    subjects: readonly (string | number)[] = [],
  ): void {
    this.#write(oneLine(this.texts.administration(change, connection, hub, subjects)))
  }

  dhcpAllocated(allocation: DhcpAllocation): void {
    this.#write(this.texts.dhcpAllocated(allocation))
  }

  /** Of all policies the original has a line of this form for DHCPForce alone; the others are events (event-fields.ts). */
  policyDropped({ policy, sessionName, address }: PolicyDrop): void {
    if (policy === 'dhcpForce') this.#write(this.texts.dhcpForced(sessionName, formatIpv4(address)))
  }

  tcpSessionCreated(id: number, flow: FlowEndpoints): void {
    this.#save(this.texts.tcpCreated(id, flow))
  }

  tcpConnectSucceeded(id: number, flow: FlowEndpoints): void {
    if (!this.saveLog) return
    const { texts, hostNames } = this
    const address = formatIpv4(flow.destinationAddress)
    const withoutName = texts.tcpSucceeded(id, address, flow)
    if (hostNames === undefined) {
      this.#write(withoutName)
      return
    }
    const write = this.#lines.hold(this.#wallClock(), withoutName)
    hostNames.lookup(flow.destinationAddress, (name) => {
      write(name === undefined ? withoutName : texts.tcpSucceeded(id, name, flow))
    })
  }

  tcpConnectFailed(id: number, flow: FlowEndpoints): void {
    this.#save(this.texts.tcpFailed(id, flow))
  }

  tcpSessionDeleted(id: number): void {
    this.#save(this.texts.tcpDeleted(id))
  }

  udpSessionCreated(id: number, flow: FlowEndpoints): void {
    this.#save(this.texts.udpCreated(id, flow))
  }

  udpSessionDeleted(id: number): void {
    this.#save(this.texts.udpDeleted(id))
  }

  dhcpEntryCreated(lease: DhcpLeaseRow, leaseSeconds: number): void {
    const { id, macAddress, ipAddress, hostName } = lease
    this.#save(
      this.texts.dhcpCreated(id, formatMac(macAddress), formatIpv4(ipAddress), oneLine(hostName), leaseSeconds),
    )
  }

  dhcpEntryEnded(lease: DhcpLeaseRow, reason: DhcpEntryEnd): void {
    const { id, macAddress, ipAddress, hostName } = lease
    this.#save(this.texts.dhcpEnded(reason, id, formatMac(macAddress), formatIpv4(ipAddress), oneLine(hostName)))
  }

  dhcpAddressInUse(ipAddress: Ipv4Address, macAddress: MacAddress): void {
    this.#save(this.texts.dhcpInUse(formatIpv4(ipAddress), formatMac(macAddress)))
  }

  dhcpAddressDeclined(ipAddress: Ipv4Address, macAddress: MacAddress, quarantineSeconds: number): void {
    this.#save(this.texts.dhcpDeclined(formatIpv4(ipAddress), formatMac(macAddress), quarantineSeconds))
  }

  dhcpPoolExhausted(refused: number): void {
    this.#save(this.texts.dhcpExhausted(refused))
  }

  dhcpOtherServerHeard(ipAddress: Ipv4Address, macAddress: MacAddress | undefined): void {
    this.#save(this.texts.dhcpOtherServer(formatIpv4(ipAddress), macAddress === undefined ? '' : formatMac(macAddress)))
  }

  dnsLimitReached(guest: Ipv4Address): void {
    this.#save(this.texts.dnsLimit(formatIpv4(guest)))
  }

  flowRefused(protocol: NatProtocol, flow: FlowEndpoints): void {
    if (!this.saveLog) return
    const second = Math.floor(this.#wallClock() / 1000)
    if (second !== this.#refusedSecond) {
      this.#refusedSecond = second
      this.#refusedInSecond = 0
    }
    if (this.#refusedInSecond >= REFUSED_LINES_PER_SECOND) {
      this.stats.refusedNotLogged += 1
      this.#refusedUntold += 1
      return
    }
    this.#refusedInSecond += 1
    if (this.#refusedUntold > 0) this.#write(this.texts.refusedMore(this.#refusedUntold))
    this.#refusedUntold = 0
    this.#write(this.texts.refused(protocol, flow))
  }

  limitReached(limit: NatLimitName, guest: Ipv4Address): void {
    this.#seldom(limit, (more) => this.texts.limitReached(limit, formatIpv4(guest), more))
  }

  addressConflict(ipAddress: Ipv4Address, macAddress: MacAddress): void {
    this.#seldom('conflict', (more) => this.texts.addressConflict(formatIpv4(ipAddress), formatMac(macAddress), more))
  }

  loopDetected(protocol: NatProtocol, flow: FlowEndpoints, networkInterface: string): void {
    this.#seldom('loop', (more) => this.texts.loopDetected(protocol, flow, networkInterface, more))
  }

  /** Nothing waits for names any longer: the log is about to be closed. */
  release(): void {
    this.#lines.release()
  }

  /** @param line made only when it is written */
  #seldom(what: string, line: (more: number) => string): void {
    if (!this.saveLog) return
    const now = this.#wallClock()
    const known = this.#repeated.get(what)
    if (known !== undefined && now >= known.toldAt && now - known.toldAt < REPEATED_LINE_MS) {
      known.untold++
      return
    }
    this.#repeated.set(what, { toldAt: now, untold: 0 })
    this.#write(line(known?.untold ?? 0))
  }

  #save(line: string): void {
    if (this.saveLog) this.#write(line)
  }

  #write(line: string): void {
    this.#lines.write(this.#wallClock(), line)
  }
}

/** Who chooses a name, as a guest its host name, may not forge a second line. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?')
}
