// A server as the management operations see it, all made up: hubs with settings that really change, and SecureNAT that only remembers.

import { hubPassword } from '../../src/accounts/password-hash.ts'
import type { HubSettings } from '../../src/admin/hub-settings.ts'
import { DEFAULT_LOG_OPTIONS } from '../../src/admin/log-settings.ts'
import type { CascadeStatus } from '../../src/admin/management/cascade.ts'
import type { ConnectionRow } from '../../src/admin/management/connection.ts'
import type { DoorControl } from '../../src/admin/management/door.ts'
import type { UserActivity } from '../../src/admin/management/hub.ts'
import type { SecureNatPatch } from '../../src/admin/management/securenat.ts'
import type { LogFileRow } from '../../src/admin/management/server.ts'
import type { ManagedHub, Management } from '../../src/admin/management.ts'
import { SharedAnswers } from '../../src/admin/shared-answers.ts'
import type { HubActivity } from '../../src/hub/hub.ts'
import { type Page, type PageRange, pageOf } from '../../src/hub/page.ts'
import type { SessionRow } from '../../src/hub/session.ts'
import { newSessionCounters } from '../../src/hub/session.ts'
import type { IpTableRow, MacTableRow } from '../../src/hub/table-rows.ts'
import type { EgressRule } from '../../src/nat/egress.ts'
import type { InboundRule } from '../../src/nat/inbound-rule.ts'
import type { NatSessionRow } from '../../src/nat/rows.ts'
import { checkInboundRules } from '../../src/securenat/inbound-settings.ts'
import type { SecureNatOptions } from '../../src/securenat/options.ts'
import { defaultOptions, randomMac } from '../../src/securenat/options.ts'
import { certificateFacts } from '../../src/server/certificate-facts.ts'
import { newHubConfig } from '../../src/server/config/hub.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import type { MacAddress } from '../../src/wire/mac.ts'

export const AT = Date.UTC(2026, 10, 23, 12, 9, 46)
const MAC = 0x5ef12eef308e as MacAddress
const DEFAULTS = { wallClock: () => AT, random: () => 7, domainName: '' }

const counted = { rxFrames: 1, rxBytes: 60, rxBroadcastFrames: 1, rxBroadcastBytes: 60, txFrames: 2, txBytes: 120 }
const session = (name: string, kind: string): SessionRow => ({
  ...newSessionCounters(),
  ...counted,
  name,
  identity: { kind, userName: '', hostName: 'tap0' },
  connectedAt: AT,
  lastCommunicationAt: AT,
  details: undefined,
})

export class MadeUpHub implements ManagedHub {
  readonly name: string
  readonly createdAt = AT
  secureNatEnabled = false
  readonly secureNatSession = 'SID-SECURENAT-1'
  options: SecureNatOptions = defaultOptions(randomMac(0x8540b550), 'example.org')
  patches: SecureNatPatch[] = []
  administration: string[] = []
  rows: NatSessionRow[] = []
  disconnected: string[] = []
  cascadeStates = new Map<string, CascadeStatus>()
  sessionRows = [session('SID-SECURENAT-1', 'SECURENAT'), session('SID-TAP-2', 'TAP')]
  #settings: HubSettings
  #macs: MacTableRow[] = [{ key: 5, sessionName: 'SID-TAP-2', macAddress: MAC, createdAt: AT, updatedAt: AT }]
  #ips: IpTableRow[] = [
    {
      key: 6,
      sessionName: 'SID-TAP-2',
      ipAddress: ipv4('192.168.30.10'),
      isDhcpAllocated: true,
      createdAt: AT,
      updatedAt: AT,
    },
  ]

  constructor(name: string, settings: Partial<HubSettings> = {}) {
    this.name = name
    this.#settings = { ...newHubConfig(name, DEFAULTS), ...settings }
  }

  get isOnline(): boolean {
    return this.#settings.online
  }

  settings(): HubSettings {
    return this.#settings
  }

  changeSettings(edit: (settings: HubSettings) => Partial<HubSettings> | undefined): Promise<void> {
    return Promise.resolve().then(() => {
      this.#settings = { ...this.#settings, ...edit(this.#settings) }
    })
  }

  activity(): HubActivity {
    return {
      traffic: { ...newSessionCounters(), ...counted },
      lastCommunicationAt: AT,
      lastLoginAt: 0,
      logins: 0,
      macTableSize: this.#macs.length,
      ipTableSize: this.#ips.length,
      sessions: this.sessionRows.length,
      clientSessions: 0,
      bridgeSessions: 0,
    }
  }

  userActivity(): UserActivity {
    return { logins: 3, lastLoginAt: AT, traffic: { ...newSessionCounters(), ...counted } }
  }

  counters(): ReadonlyMap<string, number> {
    return new Map([
      ['hub.rxFrames', 12_345],
      ['tcp.timeouts', 0],
    ])
  }

  macTable(range: PageRange): Page<MacTableRow> {
    return pageOf(this.#macs, range, (row) => row)
  }

  ipTable(range: PageRange): Page<IpTableRow> {
    return pageOf(this.#ips, range, (row) => row)
  }

  deleteMac(key: number): boolean {
    const before = this.#macs.length
    this.#macs = this.#macs.filter((row) => row.key !== key)
    return this.#macs.length < before
  }

  deleteIp(key: number): boolean {
    const before = this.#ips.length
    this.#ips = this.#ips.filter((row) => row.key !== key)
    return this.#ips.length < before
  }

  cascadeStatus(name: string): CascadeStatus | undefined {
    return this.cascadeStates.get(name)
  }

  secureNatOptions(): SecureNatOptions {
    return this.options
  }

  changeSecureNat(patch: SecureNatPatch) {
    this.patches.push(patch)
    if (patch.host?.ipAddress === ipv4('127.0.0.1')) {
      return Promise.resolve([{ path: 'host.ipAddress', allowed: 'a host address', actual: '127.0.0.1' }])
    }
    const { host, nat, dhcp, dns } = this.options
    this.options = {
      ...this.options,
      host: { ...host, ...patch.host },
      nat: { ...nat, ...patch.nat, limits: { ...nat.limits, ...patch.natLimits } },
      dhcp: { ...dhcp, ...patch.dhcp },
      dns: { ...dns, ...patch.dns },
      saveLog: patch.saveLog ?? this.options.saveLog,
    }
    return Promise.resolve([])
  }

  inboundRules() {
    return this.options.inbound
  }

  inboundStatus() {
    const counters = { sessions: 2, accepted: 5, refusedSource: 1, refusedRuleLimit: 2, refusedLimit: 4 }
    return this.options.inbound
      .slice(0, 1)
      .map((rule) => ({ rule, state: 'inUse' as const, statePort: 8080, ...counters }))
  }

  changeInboundRules(edit: (rules: readonly InboundRule[]) => readonly InboundRule[] | undefined) {
    const inbound = edit(this.options.inbound)
    const faults = inbound === undefined ? [] : checkInboundRules(inbound, this.options.host)
    if (inbound !== undefined && faults.length === 0) this.options = { ...this.options, inbound }
    return Promise.resolve(faults.map(({ index, field, ...fault }) => ({ path: `${index}.${field}`, ...fault })))
  }

  egressRules() {
    return this.options.egress.rules
  }

  egressHits() {
    const network = { network: ipv4('127.0.0.0'), mask: ipv4('255.0.0.0') }
    return { rules: [3], closed: [{ name: 'loopback', network, hits: 2 } as const] }
  }

  changeEgressRules(edit: (rules: readonly EgressRule[]) => readonly EgressRule[] | undefined): Promise<void> {
    const rules = edit(this.options.egress.rules)
    if (rules !== undefined) this.options = { ...this.options, egress: { rules } }
    return Promise.resolve()
  }

  dnsOptions() {
    return this.options.dns
  }

  changeDns(edit: Parameters<ManagedHub['changeDns']>[0]) {
    this.options = { ...this.options, dns: edit(this.options.dns) ?? this.options.dns }
    return Promise.resolve([])
  }

  dnsStatus() {
    return undefined
  }

  flushDnsCache() {
    return 3
  }

  enableSecureNat(enabled: boolean): Promise<void> {
    this.secureNatEnabled = enabled
    return Promise.resolve()
  }

  secureNatStatus() {
    return this.secureNatEnabled
      ? { tcpSessions: 1, udpSessions: 2, icmpSessions: 3, dnsSessions: 4, dhcpClients: 5 }
      : undefined
  }

  natTable(range: PageRange): Page<NatSessionRow> {
    return pageOf(this.rows, range, (row) => row)
  }

  deleteNatSession(id: number): boolean {
    const before = this.rows.length
    this.rows = this.rows.filter((row) => row.id !== id)
    return this.rows.length < before
  }

  leaseTable() {
    return [
      {
        id: 1,
        leasedAt: AT,
        expiresAt: AT + 7_200_000,
        macAddress: MAC,
        ipAddress: ipv4('192.168.30.10'),
        hostName: 'NT4',
      },
    ]
  }

  deleteLease(): boolean {
    return false
  }

  sessionPage(range: PageRange): Page<SessionRow> {
    return pageOf(this.sessionRows, range, (row) => row)
  }

  sessions() {
    return this.sessionRows
  }

  disconnect(name: string): boolean {
    this.disconnected.push(name)
    return true
  }

  logAdministration(kind: string, connection: string, subjects: readonly (string | number)[] = []): void {
    this.administration.push([connection, kind, ...subjects].join(' '))
  }
}

/** What is behind the doors has tests of its own (server/management/door.test.ts). */
const noDoors = {} as DoorControl

const LOG_FILES: readonly LogFileRow[] = [
  { path: 'LAB/security/sec_20261123.log', hub: 'LAB', size: 10, updatedAt: AT },
  { path: 'server/server_20261123.log', hub: undefined, size: 3, updatedAt: AT },
]

export function madeUpManagement(hubs: MadeUpHub[]): Management {
  let connections: ConnectionRow[] = [
    {
      name: 'CID-1',
      kind: 'administration',
      address: ipv4('127.0.0.1'),
      port: 40_000,
      hostName: 'localhost',
      connectedAt: AT,
      clientProduct: 'tool',
      clientVersion: 501,
      clientBuild: 9674,
    },
  ]
  let logs = DEFAULT_LOG_OPTIONS
  return {
    ...noDoors,
    answers: new SharedAnswers(() => 0),
    facts: () => ({
      productName: 'P',
      version: '0.1.0',
      hostName: 'vm',
      startedAt: AT,
      operatingSystem: {
        type: 3100,
        system: 'Linux',
        product: 'Debian GNU/Linux',
        vendor: 'v',
        version: '12',
        kernel: 'UNIX',
        kernelVersion: '#1',
      },
    }),
    status: () => ({ now: AT, tick: 1234, tcpConnections: 1, totalMemory: 1000, freeMemory: 400 }),
    hubs: () => hubs,
    hub: (name) => hubs.find((hub) => hub.name.toLowerCase() === name.toLowerCase()),
    hubPassword: (plain) => Promise.resolve(hubPassword(plain)),
    createHub: (name, settings) => {
      if (hubs.some((hub) => hub.name === name)) return Promise.resolve('exists')
      if (name === 'FULL') return Promise.resolve('tooMany')
      if (name === '../x') return Promise.resolve({ path: 'name', allowed: 'letters', actual: '"../x"' })
      hubs.push(new MadeUpHub(name, settings))
      return Promise.resolve('created')
    },
    deleteHub: (name) => (name === 'BOOM' ? Promise.reject(new Error('secret')) : Promise.resolve(name === 'LAB')),
    flush: () => Promise.resolve(27_150),
    configText: () => '{"language":"en"}',
    replaceConfig: (text) => Promise.resolve(text === '{}' ? [] : ['hubs.X: must be right, is wrong']),
    certificateFacts,
    logSettings: () => logs,
    changeLogSettings: (patch) => {
      logs = { ...logs, ...patch }
      return Promise.resolve()
    },
    logFiles: () => Promise.resolve(LOG_FILES),
    readLogFile: (_path, offset, length) =>
      Promise.resolve(new TextEncoder().encode('0123456789').subarray(offset, offset + length)),
    connections: () => connections,
    disconnectConnection: (name) => {
      const before = connections.length
      connections = connections.filter((row) => row.name !== name)
      return connections.length < before
    },
  }
}
