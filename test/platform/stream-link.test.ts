// The stream link over real sockets: a Unix socket as QEMU uses it, and TCP. Waits for events, never for time.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Attachable } from '../../src/hub/port.ts'
import { connectStream, listenNodeStream, listenStream, type StreamListener } from '../../src/link/stream-link.ts'
import { QUEUE_BYTES_MAX } from '../../src/link/write-batch.ts'
import { linkSuite } from '../support/link-suite.ts'
import { splitFrames, withLength, withoutLength } from '../support/stream-framing.ts'
import { TestHub } from '../support/test-hub.ts'

let directory: string
let count = 0
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'snt-stream-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const newPath = () => join(directory, `${++count}.sock`)

/** Both hubs are quiet for some turns of the event loop: over local sockets nothing takes longer. */
async function settled(...hubs: readonly TestHub[]): Promise<void> {
  const total = () => hubs.reduce((sum, hub) => sum + hub.received.length, 0)
  for (let before = -1, quiet = 0; quiet < 20; before = total()) {
    await turn()
    quiet = total() === before ? quiet + 1 : 0
  }
}

describe.each([
  ['server side', 'server', listenStream],
  ["server side on Node's sockets", 'server', listenNodeStream],
  ['client side', 'client', listenStream],
] as const)('a stream link, its %s, is a link', (_, side, listen) => {
  linkSuite({
    frameLenMax: 65_549,
    carriesOffload: false,
    async open() {
      const path = newPath()
      const [near, far] = [new TestHub(), new TestHub()]
      const [serverHub, clientHub] = side === 'server' ? [near, far] : [far, near]
      const listener = await listen(path, serverHub)
      const connection = await connectStream({ path }, clientHub)
      await vi.waitUntil(() => listener.connectionCount === 1, { interval: 1 })
      return {
        near,
        far,
        settle: () => settled(near, far),
        async close() {
          if (side === 'client') await connection.close()
          await listener.close()
          await connection.close()
        },
      }
    },
  })
})

describe.each([
  ['', listenStream],
  [", by Node's sockets", listenNodeStream],
] as const)('a QEMU machine on a hub’s socket%s', (_, listen) => {
  let listener: StreamListener
  let socket: Socket
  let hub: TestHub
  const events: string[] = []

  async function plugIn(toHub: Attachable = (hub = new TestHub())): Promise<void> {
    events.length = 0
    const path = newPath()
    listener = await listen(path, toHub, {
      attached: (session) => events.push(`${session} attached`),
      detached: (session, reason) => events.push(`${session} detached: ${reason}`),
    })
    socket = connect(path)
    await new Promise((resolve) => socket.once('connect', resolve))
  }

  afterEach(async () => {
    socket.destroy()
    await listener.close()
  })

  test('only the user of the server may open the socket, and it is gone when the server stops', async () => {
    await plugIn()
    expect(statSync(listener.path).mode & 0o777).toBe(0o600)
    await listener.close()
    expect(() => statSync(listener.path)).toThrow(/ENOENT/)
  })

  test('a second listener on the path of a living one is refused', async () => {
    await plugIn()
    await expect(listenStream(listener.path, new TestHub())).rejects.toThrow(/EADDRINUSE/)
  })

  test('frames pass in its framing, both ways', async () => {
    await plugIn()
    const got: Buffer[] = []
    socket.on(
      'data',
      splitFrames((framed) => got.push(Buffer.from(withoutLength(framed)))),
    )
    socket.write(Buffer.concat([withLength(new Uint8Array(60).fill(1)), withLength(new Uint8Array(1514).fill(2))]))
    await vi.waitUntil(() => hub.received.length === 2, { interval: 1 })
    expect(hub.received.map(({ frame }) => frame.length)).toEqual([60, 1514])
    hub.send(new Uint8Array(61).fill(3), new Uint8Array(62).fill(4))
    await vi.waitUntil(() => got.length === 2, { interval: 1 })
    expect(got.map((frame) => [frame.length, frame[0]])).toEqual([
      [61, 3],
      [62, 4],
    ])
    expect(hub.port.identity).toMatchObject({ kind: 'QEMU', hostName: listener.path })
  })

  test('an impossible length cuts it off, once, with that reason; frames before it are taken', async () => {
    await plugIn()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(Buffer.concat([withLength(new Uint8Array(60)), Buffer.from('ffffffff', 'hex'), new Uint8Array(5000)]))
    await closed
    expect(hub.received.length).toBe(1)
    expect(hub.detachCount).toBe(1)
    expect(events).toEqual([
      'SID-QEMU-1 attached',
      'SID-QEMU-1 detached: the peer announced a frame of more than 69632 bytes',
    ])
  })

  test('when it goes away in the middle of a frame, its port detaches and nobody else notices', async () => {
    await plugIn()
    socket.end(withLength(new Uint8Array(60)).subarray(0, 30))
    await vi.waitUntil(() => events.length === 2, { interval: 1 })
    expect(events[1]).toBe('SID-QEMU-1 detached: the peer closed the connection')
    expect(hub.received.length).toBe(0)
    expect(listener.connectionCount).toBe(0)
  })

  test('while it does not read, its queue fills to the bound and frames are dropped; then new ones pass again', async () => {
    await plugIn()
    await vi.waitUntil(() => events.length === 1, { interval: 1 })
    socket.pause()
    const frame = new Uint8Array(65_000)
    const { port } = hub
    const dropped = () => (port as unknown as { stats: { droppedQueueFull: number } }).stats.droppedQueueFull
    let sent = 0
    while (dropped() === 0) {
      hub.send(frame.fill(sent))
      sent += 1
      if (sent % 4 === 0) await turn()
      expect(sent * frame.length).toBeLessThan(4 * QUEUE_BYTES_MAX)
    }
    let got = 0
    let last: number | undefined
    socket.on(
      'data',
      splitFrames((framed) => {
        got += 1
        last = framed[4]
      }),
    )
    socket.resume()
    await vi.waitUntil(() => got === sent - 1, { interval: 1 })
    hub.send(new Uint8Array(60).fill(0x77))
    await vi.waitUntil(() => last === 0x77, { interval: 1 })
    expect(dropped()).toBe(1)
  })

  test('an administrator can disconnect it', async () => {
    await plugIn()
    await vi.waitUntil(() => events.length === 1, { interval: 1 })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    hub.port.close?.()
    await closed
    expect(events[1]).toBe('SID-QEMU-1 detached: disconnected by an administrator')
  })

  test('a hub that refuses costs the newcomer its connection and the server nothing', async () => {
    await plugIn({
      attach() {
        throw new Error('the hub is full')
      },
    })
    await new Promise((resolve) => socket.once('close', resolve))
    expect(events).toEqual([' detached: the hub is full'])
    expect(listener.connectionCount).toBe(0)
  })
})

test('the client side reaches a peer over TCP, and says so when nobody listens', async () => {
  const server = createServer((socket) => socket.write(withLength(new Uint8Array(60).fill(9))))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const hub = new TestHub()
  const connection = await connectStream({ host: '127.0.0.1', port }, hub)
  await vi.waitUntil(() => hub.received.length === 1, { interval: 1 })
  await connection.close()
  await new Promise((resolve) => server.close(resolve))
  await expect(connectStream({ host: '127.0.0.1', port }, new TestHub())).rejects.toThrow(/ECONNREFUSED/)
})

test('closing from our side delivers what was handed out before', async () => {
  const path = newPath()
  const [serverHub, clientHub] = [new TestHub(), new TestHub()]
  const listener = await listenStream(path, serverHub)
  const connection = await connectStream({ path }, clientHub)
  clientHub.send(...Array.from({ length: 200 }, () => new Uint8Array(1514)))
  await connection.close()
  expect(serverHub.received.length).toBe(200)
  await listener.close()
})
