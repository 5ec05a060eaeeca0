// What HyStart++ (RFC 9406) is for, on a whole path: slow start over a link with a rate and a queue. Without it the window
// grows to twice what path and queue hold before the first loss is heard of, and as much is lost.

import { expect, test } from 'vitest'
import { Transfer } from '../support/transfer.ts'
import { World } from '../support/world.ts'

const RTT = 60
/** 80 Mbit/s */
const RATE = 10_000
const PATH = RTT * RATE

function download(queue: number): { dropped: number; timeouts: number; share: number } {
  const world = new World({ link: { delayMs: RTT / 2, rate: RATE, queue, seed: 3 }, outside: { takes: 'later' } })
  const rate = new Transfer(world, { down: 10_000_000, tcp: { receiveBuffer: 8_388_608 } }).run(60_000)
  const { timeouts } = world.securenat.stack.tcp.stats
  return { dropped: world.link.toGuest.droppedQueue, timeouts, share: rate / RATE }
}

test.each([
  ['as long as the path', PATH],
  ['of two paths', 2 * PATH],
])('a queue %s: the first overflow costs no more than the last, careful round put in', (_, queue) => {
  const { dropped, timeouts, share } = download(queue)
  const windowAtOverflow = (PATH + queue) / 1500
  expect(timeouts).toBe(0)
  expect(dropped).toBeLessThan(0.4 * windowAtOverflow)
  expect(share).toBeGreaterThan(0.6)
})
