// Many bulk TCP connections at once from one loop, in one or several network namespaces, for as long as standard input is
// open. Prints `"flowing"` when all are connected, and at the end how many bytes came in. (Bytes going out are counted
// where they arrive, by the server.)

import { writeSync } from 'node:fs'
import { addressOf } from '../../src/os/libc.ts'
import { inNetns } from '../../src/os/namespaces.ts'
import { connectSoon, EPOLLIN, EPOLLOUT, Epoll, read, socketError, write } from './calls.ts'
import { BULK_SINK_PORT, BULK_SOURCE_PORT } from './protocol.ts'

const CONNECT_TIMEOUT_MS = 15_000
/** Per connection and turn, so that none waits long for the others. */
const CHUNK_LEN = 65_536
const STDIN = 0

/** @param namespaces where to open the flows, in turn; empty: here */
export function bulkFlows(
  target: number,
  direction: 'up' | 'down',
  flows: number,
  namespaces: readonly string[],
): void {
  const epoll = new Epoll(1024)
  const isUp = direction === 'up'
  const fds: number[] = []
  for (let flow = 0; flow < flows; flow++) {
    const open = (): number => connectSoon(target, isUp ? BULK_SINK_PORT : BULK_SOURCE_PORT)
    const fd = inNetns(namespaces[flow % namespaces.length], open)
    if (fd < 0) throw new Error(`flow ${flow + 1} of ${flows} does not begin`)
    fds.push(fd)
    epoll.add(fd, EPOLLOUT, fd)
  }
  const connected = new Set<number>()
  for (const endAt = performance.now() + CONNECT_TIMEOUT_MS; connected.size < flows; ) {
    if (performance.now() > endAt) throw new Error(`only ${connected.size} of ${flows} flows connect`)
    const count = epoll.wait(100)
    for (let event = 0; event < count; event++) {
      const fd = epoll.tagAt(event)
      if (socketError(fd) !== 0) throw new Error(`flow ${connected.size + 1} of ${flows} does not connect`)
      connected.add(fd)
      // Nothing flows before all are there, or the last ones would wait behind the first ones' data.
      epoll.modify(fd, 0, fd)
    }
  }
  for (const fd of fds) epoll.modify(fd, isUp ? EPOLLOUT : EPOLLIN, fd)
  epoll.add(STDIN, EPOLLIN, STDIN)
  writeSync(1, '"flowing"\n')
  const buffer = new Uint8Array(new ArrayBuffer(CHUNK_LEN))
  const address = addressOf(buffer)
  let bytes = 0
  let before = 0
  let startedAt = 0
  for (;;) {
    const count = epoll.wait(1000)
    for (let event = 0; event < count; event++) {
      const fd = epoll.tagAt(event)
      if (fd === STDIN) {
        // A line begins the measurement, the end of input ends it.
        const now = performance.now()
        if (read(STDIN, address, 16) <= 0) {
          writeSync(1, `${JSON.stringify({ bytes: bytes - before, ms: now - startedAt })}\n`)
          return
        }
        before = bytes
        startedAt = now
        continue
      }
      const length = isUp ? write(fd, address, CHUNK_LEN) : read(fd, address, CHUNK_LEN)
      if (length > 0) bytes += length
      else if (length === 0) throw new Error('a flow was closed')
    }
  }
}
