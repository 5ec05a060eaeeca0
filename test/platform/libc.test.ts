// What we rely on the C library bindings to do, on any Linux machine.

import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { messagePair, receiveMessage, sendMessage } from '../../src/os/fd-passing.ts'
import { close, O_RDONLY, open, transfer } from '../../src/os/files.ts'
import { addressOf, errnoName, errnoNumber, OsError, poll, requireLinux, setWord64 } from '../../src/os/libc.ts'

describe.skipIf(process.platform !== 'linux')('the C library', () => {
  test('is there', () => {
    expect(() => requireLinux('this test')).not.toThrow()
  })

  test('an address is that of the bytes themselves, for a small array, a part of a slab and a Buffer of the pool alike', () => {
    const file = join(tmpdir(), `snt-libc-${process.pid}`)
    const fd = openSync(file, 'w+')
    try {
      const slab = new Uint8Array(100_000)
      const places = [new Uint8Array(5), slab.subarray(77_777, 77_782), Buffer.from('     ')]
      for (const [index, bytes] of places.entries()) {
        writeSync(fd, `word${index}`, 0)
        const from = open(file, O_RDONLY)
        expect(transfer().read(from, addressOf(bytes), 5)).toBe(5)
        close(from)
        expect(Buffer.from(bytes).toString()).toBe(`word${index}`)
      }
      expect(addressOf(slab.subarray(10))).toBe(addressOf(slab) + 10)
    } finally {
      closeSync(fd)
      rmSync(file)
    }
  })

  test('writev gathers from the addresses in its vectors', () => {
    const [one, two] = messagePair()
    const texts = [Buffer.from('a header and '), Buffer.from('a frame')]
    const iovecs = new Uint32Array(32)
    for (const [index, text] of texts.entries()) {
      setWord64(iovecs, index * 4, addressOf(text))
      setWord64(iovecs, index * 4 + 2, text.length)
    }
    expect(transfer().writev(one, addressOf(new Uint8Array(iovecs.buffer)), 2)).toBe(20)
    expect(receiveMessage(two)?.text).toBe('a header and a frame')
    close(one)
    close(two)
  })

  test('a failure has its errno’s name', () => {
    expect(() => open('/nowhere', O_RDONLY)).toThrow(
      expect.objectContaining({ name: 'OsError', code: 'ENOENT', call: 'open /nowhere' }),
    )
    expect(transfer().read(-1, 0, 0)).toBe(-1)
    expect(errnoName()).toBe('EBADF')
    expect(errnoName(errnoNumber('EAGAIN'))).toBe('EAGAIN')
    expect(errnoName(9999)).toBe('errno 9999')
    expect(new OsError('call', 'EIO').message).toBe('call: EIO')
  })

  test('a word of 64 bits is written whole', () => {
    const words = new Uint32Array(2)
    setWord64(words, 0, 0x7fff_1234_5678)
    expect([...words]).toEqual([0x1234_5678, 0x7fff])
  })

  test('a descriptor arrives at the other process as one of its own, with the message', () => {
    const [one, two] = messagePair()
    const sent = openSync('/proc/self/status', 'r')
    sendMessage(one, 'look at this: ü', sent)
    closeSync(sent)
    const message = receiveMessage(two)
    expect(message?.text).toBe('look at this: ü')
    const [fd] = message!.fds
    expect(readFileSync(fd!, 'utf8')).toMatch(/^Name:/)
    closeSync(fd!)
    sendMessage(two, 'thanks')
    expect(receiveMessage(one)).toEqual({ text: 'thanks', fds: [] })
    close(one)
    expect(receiveMessage(two)).toBeUndefined()
    close(two)
  })

  test('several descriptors come with one message, in their order', () => {
    const [one, two] = messagePair()
    const sent = ['/proc/self/status', '/proc/self/stat', '/proc/self/comm'].map((path) => openSync(path, 'r'))
    sendMessage(one, 'three', ...sent)
    const { fds } = receiveMessage(two)!
    expect(fds.map((fd) => readlinkSync(`/proc/self/fd/${fd}`).split('/').at(-1))).toEqual(['status', 'stat', 'comm'])
    for (const fd of [...sent, ...fds, one, two]) close(fd)
  })

  test('a message is never cut: one that is too long is an error', () => {
    const [one, two] = messagePair()
    expect(() => sendMessage(one, 'x'.repeat(70_000))).toThrow(/EMSGSIZE/)
    const before = readdirSync('/proc/self/fd').length
    sendMessage(one, 'x'.repeat(101), one)
    expect(() => receiveMessage(two, 100)).toThrow(/EMSGSIZE/)
    expect(readdirSync('/proc/self/fd').length).toBe(before)
    sendMessage(one, 'y'.repeat(100))
    expect(receiveMessage(two, 100)?.text).toBe('y'.repeat(100))
    close(one)
    close(two)
  })

  test('poll says when a descriptor is readable, again and again until closed, and keeps nothing alive after', async () => {
    const [one, two] = messagePair()
    let calls = 0
    const texts: (string | undefined)[] = []
    const handle = poll(two, { readable: true }, () => {
      calls += 1
      // Left unread the first time: level-triggered polling tells again.
      if (calls > 1) texts.push(receiveMessage(two)?.text)
    })
    sendMessage(one, 'first')
    await vi.waitUntil(() => texts.length === 1, { interval: 1 })
    sendMessage(one, 'second')
    await vi.waitUntil(() => texts.length === 2, { interval: 1 })
    expect(texts).toEqual(['first', 'second'])
    handle.close()
    handle.close()
    close(one)
    close(two)
  })
})
