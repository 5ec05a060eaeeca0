import { describe, expect, test } from 'vitest'
import { linkSuite } from '../../test/support/link-suite.ts'
import { TestHub } from '../../test/support/test-hub.ts'
import type { Port } from '../hub/port.ts'
import { COMPLETE } from '../wire/offload.ts'
import { Wire } from './wire.ts'

const identity = { kind: 'TEST', userName: '', hostName: 'test' }

/** A port that hands a hub of one port's frames to one end of the wire, and back. */
function plug(end: Wire['a'], hub: TestHub): () => void {
  let isOpen = true
  const far: Port = {
    identity,
    output: (frame, offload) => hubSide.input(frame, offload),
    flush: () => hubSide.flush(),
  }
  const wireSide = end.attach(far)
  const hubSide = hub.attach({
    identity,
    output: (frame, offload) => wireSide.input(frame, offload),
    flush: () => wireSide.flush(),
  })
  return () => {
    if (!isOpen) return
    isOpen = false
    wireSide.detach()
    hubSide.detach()
  }
}

describe('a wire is a link', () => {
  linkSuite({
    frameLenMax: 65_549,
    carriesOffload: true,
    async open() {
      const wire = new Wire()
      const [near, far] = [new TestHub(), new TestHub()]
      const [unplugNear, unplugFar] = [plug(wire.a, near), plug(wire.b, far)]
      return {
        near,
        far,
        settle: async () => undefined,
        close() {
          unplugNear()
          unplugFar()
        },
      }
    },
  })
})

test('while the other end is free, frames are dropped and counted', () => {
  const wire = new Wire()
  const hub = new TestHub()
  plug(wire.a, hub)
  hub.send(new Uint8Array(60))
  expect(wire.stats).toEqual({ frames: 0, droppedUnplugged: 1 })
})

test('an end takes one port, and is free again when that detaches', () => {
  const wire = new Wire()
  const port: Port = { identity, output: () => undefined, flush: () => undefined }
  const attachment = wire.a.attach(port)
  expect(() => wire.a.attach(port)).toThrow(/taken/)
  attachment.detach()
  wire.a.attach(port).input(new Uint8Array(60), COMPLETE)
  expect(wire.stats.droppedUnplugged).toBe(1)
})
