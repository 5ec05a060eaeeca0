import { expect, test } from 'vitest'
import { DEFAULT_POLICY } from './policy.ts'
import type { PortIdentity } from './port.ts'
import { type HubCore, Session } from './session.ts'
import { SESSION_LIMIT, SessionList } from './session-list.ts'

const CORE: HubCore = { input: () => {}, flush: () => {}, detach: () => {}, fault: () => {} }
const TAP: PortIdentity = { kind: 'TAP', userName: '', hostName: 'tap0' }
const ALICE: PortIdentity = { kind: 'USER', userName: 'Alice', hostName: '192.0.2.1', policy: DEFAULT_POLICY }

function setUp(): { list: SessionList; stats: { refusedSessionLimit: number; refusedMaxSessions: number } } {
  const stats = { refusedSessionLimit: 0, refusedMaxSessions: 0 }
  return { list: new SessionList('LAB', stats), stats }
}

function add(list: SessionList, identity: PortIdentity, name = 'SID-1'): Session {
  const session = new Session(CORE, { identity, output: () => {}, flush: () => {} }, name, 0, 0)
  list.add(session)
  return session
}

test('the administrator’s limit counts users alone, the hub’s own whatever comes', () => {
  const { list, stats } = setUp()
  add(list, TAP)
  list.admit(ALICE, 1)
  add(list, ALICE)
  expect(() => list.admit(ALICE, 1)).toThrow(expect.objectContaining({ limit: 'maxSessions' }))
  list.admit(ALICE, 0)
  list.admit(TAP, 1)
  list.all = Array.from({ length: SESSION_LIMIT }, () => list.all[0]!)
  expect(() => list.admit(TAP, 0)).toThrow(expect.objectContaining({ limit: 'full' }))
  expect(stats).toEqual({ refusedSessionLimit: 1, refusedMaxSessions: 1 })
})

test('who walks over the list is not disturbed by who comes and goes meanwhile', () => {
  const { list } = setUp()
  const first = add(list, TAP, 'SID-TAP-1')
  const last = add(list, TAP, 'SID-TAP-2')
  const seen: string[] = []
  for (const session of list.all) {
    seen.push(session.sessionName)
    list.remove(first)
    add(list, TAP, 'SID-TAP-3')
  }
  expect(seen).toEqual(['SID-TAP-1', 'SID-TAP-2'])
  expect(list.find('SID-TAP-1')).toBeUndefined()
  expect(list.find('SID-TAP-2')).toBe(last)
})

test('monitors are listed apart, and users found whatever the case of their name', () => {
  const { list } = setUp()
  const monitor = add(list, { ...ALICE, mode: 'monitor' })
  add(list, { ...ALICE, mode: 'bridge' })
  expect(list.monitors).toEqual([monitor])
  expect(list.ofUser('ALICE')).toBe(2)
  list.remove(monitor)
  expect(list.monitors).toEqual([])
})

test('the summary tells users from bridges, and keeps what sessions that left have carried', () => {
  const { list } = setUp()
  const left = add(list, TAP)
  left.counters.rxBytes += 60
  list.remove(left)
  add(list, ALICE).counters.rxBytes += 40
  add(list, { ...ALICE, mode: 'bridge' })
  expect(list.summary()).toMatchObject({ sessions: 2, clientSessions: 1, bridgeSessions: 1, traffic: { rxBytes: 100 } })
})
