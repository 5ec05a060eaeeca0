// The hub: one frame from port to port, in batches as links hand them in.

import { Hub } from '../../src/hub/hub.ts'
import type { Port } from '../../src/hub/port.ts'
import { BROADCAST_MAC, type MacAddress } from '../../src/wire/mac.ts'
import { TRUSTED } from '../../src/wire/offload.ts'
import { GUEST_MAC, HOST_MAC, tcpFrame } from '../../test/support/frames.ts'
import { bench } from './harness.ts'

const BATCH = 32

let taken = 0
const port = (name: string): Port => ({
  identity: { kind: 'BENCH', userName: '', hostName: name },
  output(frame) {
    taken += frame.length
  },
  flush() {},
})

for (const guests of [1, 100]) {
  const hub = new Hub('bench', { now: () => performance.now(), wallClock: () => Date.now() })
  const server = hub.attach(port('server'))
  const ports = Array.from({ length: guests }, (_, index) => hub.attach(port(`guest ${index}`)))
  const macOf = (index: number): MacAddress => (GUEST_MAC + index) as MacAddress
  for (const [index, attachment] of ports.entries())
    attachment.input(tcpFrame([], { sourceMac: macOf(index), destinationMac: BROADCAST_MAC }), TRUSTED)
  server.input(tcpFrame([], { sourceMac: HOST_MAC, destinationMac: BROADCAST_MAC }), TRUSTED)
  const payload = Array.from({ length: 1460 }, () => 0x55)
  const frames = ports.map((_, index) => tcpFrame(payload, { sourceMac: macOf(index), destinationMac: HOST_MAC }))
  const forward = (): number => {
    for (let frame = 0; frame < BATCH; frame++) {
      const index = frame % guests
      ports[index]!.input(frames[index]!, TRUSTED)
    }
    ports[0]!.flush()
    return taken
  }
  bench(`hub: a frame of 1,514 bytes forwarded, ${guests} guests`, forward, { items: BATCH })
}
