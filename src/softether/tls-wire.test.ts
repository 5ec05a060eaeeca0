import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { wireOf } from './tls-wire.ts'

/** A socket whose writes end when the test says so. */
function made() {
  const callbacks: ((error?: Error) => void)[] = []
  const socket = {
    destroyed: false,
    write: (_bytes: Uint8Array, callback: (error?: Error) => void) => callbacks.push(callback),
    end: () => {},
    resume: () => {},
    once: (_event: string, closed: () => void) => closed(),
    destroy: () => {},
  }
  return { socket, callbacks, wire: wireOf(socket as unknown as TLSSocket) }
}

test('the bytes of a write are given back when it has arrived, and when it never will', () => {
  const { socket, callbacks, wire } = made()
  let written = 0
  expect([wire.write(new Uint8Array(1), () => written++), wire.write(new Uint8Array(1), () => written++)]).toEqual([
    false,
    false,
  ])
  callbacks[0]!()
  expect(written).toBe(1)
  callbacks[1]!(new Error('read ECONNRESET'))
  expect(written).toBe(2)
  socket.destroyed = true
  expect(wire.write(new Uint8Array(1), () => written++)).toBe(true)
  expect([written, callbacks.length]).toEqual([2, 2])
})

test('so they are after the end', () => {
  const { callbacks, wire } = made()
  wire.end()
  expect(wire.write(new Uint8Array(1), () => {})).toBe(true)
  expect(callbacks).toEqual([])
})
