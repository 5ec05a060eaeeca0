// One byte there and back over one TCP connection, again and again: the latency of the path.

import { addressOf } from '../../src/os/libc.ts'
import { connectBlocking, LoadError, read, write } from './calls.ts'
import { Latencies } from './latency.ts'
import { ECHO_PORT } from './protocol.ts'

const WARM_UP_MS = 200
const ANSWER_TIMEOUT_S = 5

export function requestResponse(target: number, seconds: number): Record<string, number> {
  const fd = connectBlocking(target, ECHO_PORT, ANSWER_TIMEOUT_S)
  const byte = new Uint8Array(new ArrayBuffer(256))
  const address = addressOf(byte)
  const latencies = new Latencies()
  const exchangeUntil = (endAt: number): void => {
    for (let before = performance.now(); before < endAt; ) {
      if (write(fd, address, 1) !== 1 || read(fd, address, 1) !== 1) throw new LoadError('the echo stalled')
      const after = performance.now()
      latencies.add(after - before)
      before = after
    }
  }
  exchangeUntil(performance.now() + WARM_UP_MS)
  latencies.clear()
  exchangeUntil(performance.now() + seconds * 1000)
  return { perSecond: latencies.count / seconds, ...latencies.percentiles() }
}
