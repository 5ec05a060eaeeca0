// Arbitrary and mutated frames through a hub with every policy, an access list and a monitor: nothing throws (which would end a
// session), and a trusted port without rules gets all there is. FUZZ_RUNS raises the number of inputs, FUZZ_SEED repeats a run.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_ACCESS_RULE } from '../../src/hub/access-rule.ts'
import { Hub } from '../../src/hub/hub.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/hub/policy.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { ethernetFrame, type FrameFields, tcpFrame, udpFrame } from '../support/frames.ts'
import { HubPort } from '../support/hub-port.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { mutated } from '../support/mutated.ts'

const numRuns = Number(process.env.FUZZ_RUNS ?? 300)
const seed = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED)
const settings = seed === undefined ? { numRuns } : { numRuns, seed }

const everything = Object.fromEntries(
  Object.entries(DEFAULT_POLICY).map(([name, value]) => [name, typeof value === 'boolean' ? true : 3]),
) as unknown as Policy
/** Those that would keep everything out before the others are asked. */
const open: Partial<Policy> = { filterIpV4: false, filterIpV6: false, filterNonIp: false, arpDhcpOnly: false }
const filters: Partial<Policy> = { ...open, dhcpFilter: false, dhcpV6Filter: false, maxUpload: 0, maxDownload: 0 }

const to = (fields: FrameFields = {}): FrameFields => ({ destination: ipv4('192.168.30.1'), ...fields })
const ipv6 = (next: number, rest: readonly number[]): Uint8Array =>
  ethernetFrame(0x86dd, [0x60, 0, 0, 0, 0, rest.length, next, 64, ...new Array<number>(32).fill(0x20), ...rest])
const SEEDS: readonly Uint8Array[] = [
  tcpFrame([1, 2, 3], to({ ipOptions: [1, 1, 1, 0] })),
  udpFrame(new Array<number>(300).fill(2), { ...to(), sourcePort: 67, destinationPort: 68 }),
  ethernetFrame(0x0806, [0, 1, 8, 0, 6, 4, 0, 1, ...new Array<number>(20).fill(9)]),
  ipv6(0, [44, 0, 0, 0, 0, 0, 0, 0, 58, 0, 0, 0, 0, 0, 0, 0, 134, 0, 0, 0, 0, 0, 0, 0]),
  ipv6(17, [0, 1, 0, 2, 0, 8, 0, 0]),
]
const frames = fc.array(fc.oneof(mutated(SEEDS), fc.uint8Array({ maxLength: 80 })), { minLength: 1, maxLength: 20 })

test('a hub that looks at everything', () => {
  fc.assert(
    fc.property(
      frames,
      fc.constantFrom(everything, { ...everything, ...open }, { ...everything, ...filters }),
      (given, policy) => {
        const hub = new Hub('FUZZ', new ManualClock())
        const ports = [
          new HubPort(hub, { userName: 'a', policy }),
          new HubPort(hub, { userName: 'b', policy: { ...policy, noServer: false }, mode: 'client' }),
          new HubPort(hub, { userName: 'm', policy: DEFAULT_POLICY, mode: 'monitor' }),
          new HubPort(hub),
        ]
        hub.setAccessList([
          {
            ...DEFAULT_ACCESS_RULE,
            discard: true,
            isIpV6: true,
            destPortStart: 2,
            srcIpAddress6: new Uint8Array(16).fill(0x20),
          },
          { ...DEFAULT_ACCESS_RULE, discard: true, protocol: 17, srcPortStart: 67, destUsername: 'b' },
          { ...DEFAULT_ACCESS_RULE, checkTcpState: true, established: true, loss: 50 },
        ])
        for (const [index, frame] of given.entries()) ports[index % ports.length]!.give(frame)
        expect(hub.stats.portFaults).toBe(0)
        expect(hub.sessions()).toHaveLength(ports.length)
        expect(hub.ipTable().length).toBeLessThanOrEqual(given.length)
      },
    ),
    settings,
  )
})
