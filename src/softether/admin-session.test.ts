import { describe, expect, test } from 'vitest'
import { getU32 } from '../wire/bytes.ts'
import { AdminSession, RPC_REQUEST_LEN_MAX } from './admin-session.ts'
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
function setUp() {
  const answers: number[] = []
  const stats = { calls: 0, malformed: 0 }
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
  const session = new AdminSession(
    wire,
    async (name, pack) => new Pack().addText('Name', name).addInt('Number', pack.int('Number')),
    stats,
    () => left++,
  )
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return { session, peer, answers, stats, settle, isEnded: () => isEnded, left: () => left }
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
    expect(stats).toEqual({ calls: 3, malformed: 0 })
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
    expect(stats).toEqual({ calls: 0, malformed: 1 })
  })

  test('an answer that comes after the end goes nowhere', async () => {
    const { session, answers, settle } = setUp()
    session.receive(request(1))
    session.closed()
    await settle()
    expect(answers).toEqual([])
  })
})
