import { describe, expect, test, vi } from 'vitest'
import { getU32 } from '../wire/bytes.ts'
import { AdminSession, type AdminSessionOptions, RPC_REQUEST_LEN_MAX, RPC_WAITING_BYTES_MAX } from './admin-session.ts'
import { emitPack, Pack, parsePack } from './pack.ts'

function framed(pack: Pack): Uint8Array {
  const bytes = emitPack(pack)
  const whole = new Uint8Array(4 + bytes.length)
  new DataView(whole.buffer).setUint32(0, bytes.length)
  whole.set(bytes, 4)
  return whole
}

const request = (number: number): Uint8Array =>
  framed(new Pack().addText('function_name', 'Echo').addInt('Number', number))

/** A session whose calls answer the number that was sent, when they are let go. */
function setUp(more: Partial<AdminSessionOptions> = {}) {
  const answers: number[] = []
  const stats = { calls: 0, malformed: 0, refusedMemory: 0, revoked: 0 }
  let isEnded = false
  let left = 0
  const peer = { takesAtOnce: true, take: () => {} }
  const wire = {
    write(bytes: Uint8Array, written: () => void): boolean {
      expect(getU32(bytes, 0)).toBe(bytes.length - 4)
      answers.push(parsePack(bytes.subarray(4))!.int('Number'))
      peer.take = written
      return peer.takesAtOnce
    },
    end: () => {
      isEnded = true
    },
  }
  const faults: unknown[] = []
  const session = new AdminSession(wire, {
    call: async (name, pack) => new Pack().addText('Name', name).addInt('Number', pack.int('Number')),
    stats,
    memory: undefined,
    asked: () => {},
    left: () => left++,
    fault: (error) => faults.push(error),
    ...more,
  })
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return { session, peer, answers, stats, faults, settle, isEnded: () => isEnded, left: () => left }
}

describe('an administration connection', () => {
  test('answers each request behind its length, in whatever pieces it comes', async () => {
    const { session, answers, settle } = setUp()
    for (const byte of request(7)) session.receive(Uint8Array.of(byte))
    await settle()
    expect(answers).toEqual([7])
  })

  test('requests that come at once are answered in their order', async () => {
    const { session, answers, stats, settle } = setUp()
    session.receive(Uint8Array.from([...request(1), ...request(2), ...request(3)]))
    await settle()
    expect(answers).toEqual([1, 2, 3])
    expect(stats).toMatchObject({ calls: 3, malformed: 0 })
  })

  test('a tool that does not read its answers is not called for again', async () => {
    const { session, peer, answers, stats, settle } = setUp()
    peer.takesAtOnce = false
    session.receive(Uint8Array.from([...request(1), ...request(2)]))
    await settle()
    expect([answers, stats.calls]).toEqual([[1], 1])
    peer.take()
    await settle()
    expect([answers, stats.calls]).toEqual([[1, 2], 2])
  })

  test.each([
    ['no PACK', Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 9)],
    ['a length beyond the bound', Uint8Array.of(1, 0, 0, 1)],
    ['more than may wait', new Uint8Array(RPC_REQUEST_LEN_MAX + 5)],
  ])('%s ends it, once', (_, bytes) => {
    const { session, stats, isEnded, left } = setUp()
    session.receive(bytes)
    session.receive(request(1))
    session.closed()
    expect(isEnded()).toBe(true)
    expect(left()).toBe(1)
    expect(stats).toMatchObject({ calls: 0, malformed: 1 })
  })

  test('a long request in tiny pieces lies in one buffer, of no more than twice its bytes', async () => {
    const memory = { bytes: 0 }
    const { session, answers, settle } = setUp({ memory })
    const padded = new Pack()
      .addText('function_name', 'Echo')
      .addInt('Number', 5)
      .addData('Rest', new Uint8Array(300_000))
    const bytes = framed(padded)
    for (let at = 0; at < bytes.length - 1; at += 7)
      session.receive(bytes.subarray(at, Math.min(at + 7, bytes.length - 1)))
    expect(memory.bytes).toBeGreaterThan(bytes.length - 65_536)
    expect(memory.bytes).toBeLessThan(2 * bytes.length)
    session.receive(bytes.subarray(-1))
    await settle()
    expect([answers, memory.bytes]).toEqual([[5], 0])
  })

  test('many requests at once cost no copy of all that wait for each of them', async () => {
    const { session, answers, settle } = setUp()
    const copied = vi.spyOn(Uint8Array.prototype, 'set')
    const moved = vi.spyOn(Uint8Array.prototype, 'copyWithin')
    const one = request(1)
    const many = new Uint8Array(one.length * 200)
    for (let i = 0; i < 200; i += 1) many.set(one, i * one.length)
    copied.mockClear()
    session.receive(many)
    for (let turn = 0; turn < 10; turn += 1) await settle()
    const large = copied.mock.calls.filter(([source]) => source.length > one.length * 50).length
    expect([answers.length, large, moved.mock.calls.length]).toEqual([200, 1, 0])
    vi.restoreAllMocks()
  })

  test('the memory of requests is one for all who share it, but for what each has for himself', async () => {
    const memory = { bytes: RPC_WAITING_BYTES_MAX - 1_000 }
    const greedy = setUp({ memory })
    greedy.session.receive(Uint8Array.of(0, 255, 255, 255))
    greedy.session.receive(new Uint8Array(70_000))
    expect([greedy.stats.refusedMemory, greedy.isEnded(), greedy.left()]).toEqual([1, true, 1])
    expect(memory.bytes).toBe(RPC_WAITING_BYTES_MAX - 1_000)
    const modest = setUp({ memory })
    modest.session.receive(request(3))
    await modest.settle()
    expect(modest.answers).toEqual([3])
    const apart = setUp()
    apart.session.receive(Uint8Array.of(0, 255, 255, 255))
    apart.session.receive(new Uint8Array(70_000))
    expect(apart.isEnded()).toBe(false)
  })

  test('who may not any more is not answered: the connection ends', async () => {
    const { session, answers, stats, settle, isEnded, left } = setUp({ call: async () => undefined })
    session.receive(request(1))
    await settle()
    expect([answers, stats.revoked, isEnded(), left()]).toEqual([[], 1, true, 1])
  })

  test('a fault of the program ends it and is told', async () => {
    const broken = new Error('broken')
    const { session, faults, settle, isEnded, left } = setUp({ call: () => Promise.reject(broken) })
    session.receive(request(1))
    await settle()
    expect([faults, isEnded(), left()]).toEqual([[broken], true, 1])
  })

  test('an answer that comes after the end goes nowhere', async () => {
    const { session, answers, settle } = setUp()
    session.receive(request(1))
    session.closed()
    await settle()
    expect(answers).toEqual([])
  })
})
