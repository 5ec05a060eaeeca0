// A fault of the program itself, put in by the test, ends what it happened in and nothing else: SecureNAT begins anew, guests
// keep their ports, other hubs do not notice.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { newHubConfig } from '../../src/server/config/hub.ts'
import type { HubUnit } from '../../src/server/hub-unit.ts'
import type { Server } from '../../src/server/server.ts'
import { startServer } from '../../src/server/start.ts'
import { hubSocketPath } from '../../src/server/state-paths.ts'
import { ipv4Frame } from '../support/frames.ts'
import { RawGuest } from '../support/raw-guest.ts'

let stateDir: string
let server: Server
let told: string[]
let guests: RawGuest[]

beforeEach(async () => {
  // Time passes as usual, and a test may let more of it pass.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
  stateDir = mkdtempSync(join(tmpdir(), 'faults-'))
  told = []
  guests = []
  const toOperator = (line: string): number => told.push(line)
  server = (await startServer({ stateDir, gso: false, version: '0', language: 'en', toOperator, password: 'x' })).server
  const lab = { ...newHubConfig('LAB', server.defaultsForHubs()), secureNatEnabled: true }
  await server.change((config) => ({ ...config, hubs: [...config.hubs, lab] }))
})
afterEach(async () => {
  vi.useRealTimers()
  for (const guest of guests) guest.close()
  await server.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

const unit = (hub: string): HubUnit => server.hubUnit(hub)!
async function plug(hub: string, address = '192.168.30.5'): Promise<RawGuest> {
  const guest = await RawGuest.plug(hubSocketPath(stateDir, hub), address)
  guests.push(guest)
  return guest
}
const ping = (guest: RawGuest): Uint8Array =>
  ipv4Frame(1, [8, 0, 0xf7, 0xfd, 0, 1, 0, 1], { ...guest.addressing(0xc0a8_1e01 as never) })
async function answersPing(guest: RawGuest): Promise<void> {
  const from = guest.arrivals.length
  guest.send(ping(guest))
  await guest.next('an echo reply', ({ ip }) => ip?.protocol === 1, 5000, from)
}
const throwing = (): never => {
  throw new Error('put in by the test')
}

describe('an exception', () => {
  test('out of a frame: SecureNAT of this hub begins anew, the guest stays plugged in, other hubs live on', async () => {
    const [guest, other] = [await plug('DEFAULT'), await plug('LAB')]
    const before = unit('DEFAULT').secureNat
    const labSession = unit('LAB').secureNat?.sessionName
    Object.assign(before!.stack, { input: throwing })
    guest.send(ping(guest))
    await vi.waitFor(() => expect(unit('DEFAULT').secureNat?.sessionName).toMatch(/^SID-SECURENAT-[^1]$/), 5000)
    await answersPing(guest)
    await answersPing(other)
    expect(unit('LAB').secureNat?.sessionName).toBe(labSession)
    const sessions = unit('DEFAULT')
      .hub.sessions()
      .map(({ name }) => name)
    expect(sessions).toEqual(['SID-QEMU-2', 'SID-SECURENAT-3'])
    expect(unit('DEFAULT').hub.stats.portFaults).toBe(1)
    expect(told.filter((line) => line.includes('put in by the test'))).toHaveLength(1)
    expect(told.join('\n')).toMatch(/internal fault hub=DEFAULT delayMs=0 stack=".*fault-isolation\.test\.ts/)
  })

  test('out of a timer: the same; and what comes back is told without its stack, and waited for', async () => {
    const guest = await plug('DEFAULT')
    for (const delayMs of [0, 1000]) {
      const broken = unit('DEFAULT').secureNat!
      let due = performance.now() + 50_000
      const deadline = { heapAt: 0, heapIndex: -1, nextDeadline: () => due, expire: throwing }
      broken.stack.tcp.deadlines.update(deadline)
      // The batch that ends arms the timer.
      await answersPing(guest)
      due = 0
      broken.stack.tcp.deadlines.update(deadline)
      vi.advanceTimersByTime(60_000)
      await vi.waitFor(() => expect(unit('DEFAULT').secureNat).not.toBe(broken))
      vi.advanceTimersByTime(delayMs)
      await vi.waitFor(() => expect(unit('DEFAULT').secureNat).toBeDefined())
      expect(unit('DEFAULT').secureNat?.sessionName).toMatch(/^SID-SECURENAT-/)
    }
    expect(told.filter((line) => line.includes('stack='))).toHaveLength(1)
    expect(told.filter((line) => line.includes('fault="put in by the test"'))).toHaveLength(1)
  })

  test('out of what a link hands in: that session ends, the guest may come back', async () => {
    const guest = await plug('DEFAULT')
    const { stats } = unit('DEFAULT').hub
    // Of a length that no frame of SecureNAT has, which asks for addresses when somebody plugs in.
    const frame = Uint8Array.from([...ping(guest), ...Array<number>(58).fill(0)])
    const set = (bytes: number): void => {
      if (bytes === frame.length) throwing()
    }
    Object.defineProperty(stats, 'rxBytes', { get: () => 0, set, configurable: true })
    guest.send(frame)
    await vi.waitFor(() =>
      expect(
        unit('DEFAULT')
          .hub.sessions()
          .map(({ name }) => name),
      ).toEqual(['SID-SECURENAT-1']),
    )
    Object.defineProperty(stats, 'rxBytes', { value: 0, writable: true })
    await answersPing(await plug('DEFAULT'))
    expect(told.join('\n')).toContain('a session ends by an internal fault hub=DEFAULT session=SID-QEMU-2')
  })

  test('is in the log with its stack', async () => {
    const guest = await plug('DEFAULT')
    Object.assign(unit('DEFAULT').secureNat!.stack, { input: throwing })
    guest.send(ping(guest))
    await vi.waitFor(() => expect(unit('DEFAULT').hub.stats.portFaults).toBe(1))
    await server.stop()
    const directory = join(stateDir, 'logs/server')
    const texts = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))
    expect(texts.filter((text) => text.includes('fault-isolation.test.ts'))).toHaveLength(2)
  })
})
