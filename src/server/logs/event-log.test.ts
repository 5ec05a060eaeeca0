import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../wire/ipv4-address.ts'
import type { MacAddress } from '../../wire/mac.ts'
import type { HubEvent, ServerEvent } from '../event-bus.ts'
import { EVENTS_PER_SECOND, EventLog } from './event-log.ts'

const AT = Date.UTC(2026, 10, 23, 12, 9, 9, 45)
const FLOW = {
  internalAddress: ipv4('192.168.30.10'),
  internalPort: 1079,
  destinationAddress: ipv4('207.46.0.166'),
  destinationPort: 1863,
}
const LEASE = {
  id: 4,
  leasedAt: AT,
  expiresAt: AT,
  macAddress: 0x00ac8540b550 as MacAddress,
  ipAddress: ipv4('192.168.30.10'),
  hostName: 'x"\n{}',
}

function setUp() {
  const lines: string[] = []
  let now = AT
  let saved = true
  const log = new EventLog({
    file: (hub) => ({ write: (_at, line) => lines.push(`${hub ?? 'server'}|${line}`) }),
    isSaved: () => saved,
    wallClock: () => now,
  })
  return { log, lines, pass: (ms: number) => (now += ms), save: (on: boolean) => (saved = on) }
}

const created: HubEvent = { type: 'tcpSessionCreated', args: [6, FLOW] }

describe('event log', () => {
  test.each<[HubEvent, object]>([
    [
      created,
      { event: 'tcpSessionCreated', session: 6, source: '192.168.30.10:1079', destination: '207.46.0.166:1863' },
    ],
    [
      { type: 'tcpSessionDeleted', args: [6] },
      { event: 'tcpSessionDeleted', session: 6 },
    ],
    [
      { type: 'dhcpEntryCreated', args: [LEASE, 7200] },
      {
        event: 'dhcpEntryCreated',
        entry: 4,
        ip: '192.168.30.10',
        mac: '00-AC-85-40-B5-50',
        hostName: 'x"\n{}',
        leaseSeconds: 7200,
      },
    ],
    [
      { type: 'dhcpPoolExhausted', args: [3] },
      { level: 'warn', event: 'dhcpPoolExhausted', refused: 3 },
    ],
    [
      { type: 'dhcpOtherServerHeard', args: [LEASE.ipAddress, undefined] },
      { level: 'warn', event: 'dhcpOtherServerHeard', ip: '192.168.30.10' },
    ],
    [
      { type: 'dnsLimitReached', args: [LEASE.ipAddress] },
      { level: 'warn', event: 'dnsLimitReached', ip: '192.168.30.10' },
    ],
    [
      { type: 'secureNatStarted', session: 'SID-SECURENAT-1' },
      { event: 'secureNatStarted', sessionName: 'SID-SECURENAT-1' },
    ],
    [{ type: 'secureNatStopped' }, { event: 'secureNatStopped' }],
    [
      { type: 'sessionAttached', session: 'SID-TAP-2', identity: { kind: 'TAP', userName: 'Local', hostName: 'tap0' } },
      { event: 'sessionAttached', sessionName: 'SID-TAP-2', user: 'Local', peer: 'tap0' },
    ],
    [
      { type: 'administration', change: 'enabled', connection: 'RPC-3', subjects: [] },
      { event: 'administration', change: 'enabled', connection: 'RPC-3' },
    ],
    [
      { type: 'administration', change: 'cascadeRenamed', connection: 'RPC-3', subjects: ['a', 'b'] },
      { event: 'administration', change: 'cascadeRenamed', connection: 'RPC-3', subject: 'a → b' },
    ],
  ])('%j', (event, fields) => {
    const { log, lines } = setUp()
    log.take(event, 'LAB')
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toMatch(/[\r\n]/)
    expect(lines[0]!.startsWith('LAB|')).toBe(true)
    expect(JSON.parse(lines[0]!.slice(4))).toEqual({
      time: '2026-11-23T12:09:09.045Z',
      level: 'info',
      hub: 'LAB',
      ...fields,
    })
  })

  test("the server's own have a file of their own; lines made of other events are not repeated", () => {
    const { log, lines } = setUp()
    log.take({ type: 'hubAdded', name: 'LAB' }, undefined)
    log.take({ type: 'serverLine', level: 'error', line: 'fault x=1' }, undefined)
    log.take({ type: 'securityLine', line: 'SecureNAT stopped.' }, 'LAB')
    expect(lines.map((line) => line.slice(0, 7))).toEqual(['server|', 'server|'])
    expect(JSON.parse(lines[1]!.slice(7))).toMatchObject({ level: 'error', event: 'serverLine', text: 'fault x=1' })
  })

  test('levels: what is less important is left out', () => {
    const { log, lines } = setUp()
    const events: (HubEvent | ServerEvent)[] = [
      created,
      { type: 'flowRefused', args: ['TCP', FLOW] },
      { type: 'serverLine', level: 'error', line: 'x' },
    ]
    for (const level of ['info', 'warn', 'error'] as const) {
      log.level = level
      for (const event of events) log.take(event, 'LAB')
    }
    expect(lines.map((line) => JSON.parse(line.slice(4)).level)).toEqual([
      'info',
      'warn',
      'error',
      'warn',
      'error',
      'error',
    ])
  })

  test('with "save log" off nothing that SecureNAT does for guests is kept', () => {
    const { log, lines, save } = setUp()
    save(false)
    log.take(created, 'LAB')
    log.take({ type: 'administration', change: 'optionSet', connection: 'RPC-1', subjects: [] }, 'LAB')
    expect(lines).toHaveLength(1)
  })

  test('a kind of event has so many lines a second; the next one says how many are missing', () => {
    const { log, lines, pass } = setUp()
    for (let i = 0; i < EVENTS_PER_SECOND + 7; i += 1) log.take(created, 'LAB')
    log.take({ type: 'secureNatStopped' }, 'LAB')
    log.take(created, 'OTHER')
    expect(lines).toHaveLength(EVENTS_PER_SECOND + 2)
    expect(log.stats.suppressed).toBe(7)
    pass(1000)
    log.take(created, 'LAB')
    log.take(created, 'LAB')
    expect(lines.slice(-2).map((line) => JSON.parse(line.slice(4)).suppressed)).toEqual([7, undefined])
    log.forget('LAB')
  })
})
