// How fast one flow is, over window / round trip and loss, in virtual time: a table kept as a snapshot, so that a change of
// congestion control, window or acknowledgments shows as a diff; and lower bounds that must hold whatever the table says.
// Rates are of a link without a limit of its own, in Mbit/s of payload, the handshake and slow start included.

import { describe, expect, test } from 'vitest'
import { Transfer } from '../support/transfer.ts'
import { World } from '../support/world.ts'

function megabits(direction: 'down' | 'up', rttMs: number, loss: number, bytes: number, window = 8_388_608): number {
  const world = new World({ link: { delayMs: rttMs / 2, loss, seed: 5 }, outside: { takes: 'later' } })
  const transfer = new Transfer(world, { [direction]: bytes, tcp: { receiveBuffer: window } })
  return (transfer.run(600_000) * 8) / 1000
}

test('the table', async () => {
  const lines = ['direction window/KiB RTT/ms loss/% Mbit/s']
  for (const direction of ['down', 'up'] as const) {
    for (const windowKib of direction === 'down' ? [64, 8192] : [8192]) {
      for (const rttMs of [2, 40, 200]) {
        for (const lossPercent of [0, 0.1, 1, 5]) {
          const bytes = lossPercent === 0 ? 2_000_000 : lossPercent === 5 ? 300_000 : 1_000_000
          const rate = megabits(direction, rttMs, lossPercent / 100, bytes, windowKib * 1024)
          const columns = [direction.padEnd(9), windowKib, rttMs, lossPercent, Number(rate.toPrecision(3))]
          lines.push(columns.map((value, index) => String(value).padStart([9, 10, 6, 6, 6][index]!)).join(' '))
        }
      }
    }
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('throughput.snap.txt')
})

describe('lower bounds', () => {
  test.each(['down', 'up'] as const)('40 ms without loss, %s: at least 200 Mbit/s', (direction) => {
    expect(megabits(direction, 40, 0, 20_000_000)).toBeGreaterThan(200)
  })

  test('40 ms and 1 % loss, down: at least half of what the square-root law allows', () => {
    // Mathis et al.: MSS / RTT * sqrt(3/2) / sqrt(p), 3.5 Mbit/s.
    expect(megabits('down', 40, 0.01, 2_000_000)).toBeGreaterThan(1.75)
  })

  test('2 ms and 5 % loss, down: timeouts do not rule', () => {
    expect(megabits('down', 2, 0.05, 500_000)).toBeGreaterThan(2)
  })
})
