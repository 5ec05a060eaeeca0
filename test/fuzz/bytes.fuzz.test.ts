// Arbitrary bytes, and good frames with a few bytes changed, into everything that reads bytes from a guest: nothing throws, nothing
// is written outside of what was promised. FUZZ_RUNS raises the number of inputs per target, FUZZ_SEED repeats a failing run.

import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { DhcpLeases } from '../../src/securenat/dhcp-leases.ts'
import { DhcpServer } from '../../src/securenat/dhcp-server.ts'
import { defaultOptions } from '../../src/securenat/options.ts'
import { parseArp } from '../../src/wire/arp.ts'
import { describe as describeFrame } from '../../src/wire/describe.ts'
import { dhcpLength, emitDhcp, parseDhcp } from '../../src/wire/dhcp.ts'
import {
  dnsTcpMessageEnd,
  dnsUdpPayloadMax,
  emitDnsName,
  parseDnsHeader,
  parseDnsName,
  parseDnsQuestion,
  skipDnsName,
} from '../../src/wire/dns.ts'
import { answerRecords } from '../../src/wire/dns-rdata.ts'
import { AnswerScan, QueryScan, scanAnswer, scanQuery } from '../../src/wire/dns-scan.ts'
import { parseIcmp } from '../../src/wire/icmpv4.ts'
import { parseIpv4Header } from '../../src/wire/ipv4.ts'
import { BROADCAST_IPV4 } from '../../src/wire/ipv4-address.ts'
import { COMPLETE, type Offload, superFrame, TRUSTED, UNFINISHED } from '../../src/wire/offload.ts'
import { Segmenter } from '../../src/wire/segmentation.ts'
import { parseTcp } from '../../src/wire/tcp.ts'
import { parseUdp } from '../../src/wire/udp.ts'
import { DhcpClient, dhcpHarness, quietDhcpDeps, SERVER_MAC } from '../support/dhcp-client.ts'
import { ethernetFrame, ipv4Frame, tcpFrame, udpFrame } from '../support/frames.ts'
import { hex, prefilled } from '../support/hex.ts'
import { mutated } from '../support/mutated.ts'

const numRuns = Number(process.env.FUZZ_RUNS ?? 300)
const seed = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED)
vi.setConfig({ testTimeout: 5_000 + numRuns })
const settings = seed === undefined ? { numRuns } : { numRuns, seed }

const DISCOVER = (() => {
  const message = new DhcpClient(dhcpHarness(), 0x0200_0000_000a).message(1, {
    options: { 12: hex('6e7431'), 61: hex('010200000a'), 52: hex('03'), 55: hex('0103f9') },
    sname: '\x0c\x02ab\xff',
    file: '\x0c\x02ab\xff',
  })
  const bytes = new Uint8Array(dhcpLength(message))
  emitDhcp(message, bytes, 0)
  return bytes
})()
const QUERY = hex(
  '1234 0100 0001 0001 0000 0001 03777777 01 61 00 0001 0001 c00c 0001 0001 0000003c 0004 0a000001 00 0029 04d0 00000000 0000',
)
const SEEDS: readonly Uint8Array[] = [
  tcpFrame([1, 2, 3], { tcpOptions: [...hex('020405b4 0402 080a 00000001 00000002 01 030307')] }),
  tcpFrame(new Array(300).fill(7), {
    tcpOptions: [...hex('0101 0512 00000001 00000002 00000003 00000004')],
    ipOptions: [1, 1, 1, 0],
  }),
  udpFrame([...QUERY], { vlan: 5 }),
  udpFrame([...DISCOVER], { sourcePort: 68, destinationPort: 67 }),
  ipv4Frame(1, [...hex('0800f7fd00010001')]),
  ipv4Frame(17, new Array(16).fill(1), { fragment: 0x2001 }),
  ethernetFrame(0x0806, [...hex('0001080006040001 5ef12eef308e c0a81e0a 000000000000 c0a81e01')]),
  ethernetFrame(0x86dd, [...hex('6000000000140600'), ...new Array(32).fill(1), ...tcpFrame([]).subarray(34)]),
]

const inputs = (seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof({ weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) }, { weight: 3, arbitrary: mutated(seeds) })

const offloads: fc.Arbitrary<Offload> = fc.oneof(
  fc.constantFrom(COMPLETE, TRUSTED, UNFINISHED),
  fc.integer({ min: 1, max: 0xffff }).map(superFrame),
  fc.integer({ min: 1, max: 100 }).map(superFrame),
)

describe('frames', () => {
  test('describe gives one printable line', () => {
    fc.assert(
      fc.property(inputs(SEEDS), offloads, (frame, offload) => {
        expect(describeFrame(frame, offload)).toMatch(/^\P{Cc}+$/u)
      }),
      settings,
    )
  })

  test('a segmenter stays inside the lengths it announces, and every segment is smaller than the frame', () => {
    const segmenter = new Segmenter()
    fc.assert(
      fc.property(inputs(SEEDS), offloads, (frame, offload) => {
        const count = segmenter.begin(frame, offload)
        for (let index = 0; index < count; index += 1) {
          const length = segmenter.segmentLength(index)
          expect(length).toBeLessThanOrEqual(frame.length)
          const into = prefilled(length + 2)
          expect(segmenter.write(frame, index, into, 1)).toBe(length)
          expect([into[0], into[length + 1]]).toEqual([0xa5, 0xa5])
        }
      }),
      settings,
    )
  })
})

describe('parsers', () => {
  const ranged = (bytes: Uint8Array): { start: number; end: number }[] => [
    { start: 0, end: bytes.length },
    { start: Math.min(14, bytes.length), end: bytes.length },
    { start: Math.min(34, bytes.length), end: bytes.length },
  ]
  test('what they say lies inside of what they were given', () => {
    fc.assert(
      fc.property(inputs([...SEEDS, QUERY, DISCOVER]), (bytes) => {
        for (const { start, end } of ranged(bytes)) {
          parseArp(bytes, start, end)
          for (const value of [
            parseIpv4Header(bytes, start, end),
            parseTcp(bytes, start, end),
            parseUdp(bytes, start, end),
          ]) {
            if (value === undefined) continue
            expect(value.payloadStart).toBeGreaterThanOrEqual(start)
            expect(value.payloadEnd).toBeGreaterThanOrEqual(value.payloadStart)
            expect(value.payloadEnd).toBeLessThanOrEqual(end)
          }
          const icmp = parseIcmp(bytes, start, end)
          if (icmp !== undefined) expect(icmp.bodyEnd).toBeLessThanOrEqual(end)
        }
      }),
      settings,
    )
  })

  test('DNS: names end, and a name that was read can be written', () => {
    fc.assert(
      fc.property(inputs([QUERY]), fc.nat({ max: 80 }), (bytes, at) => {
        parseDnsHeader(bytes, 0, bytes.length)
        dnsTcpMessageEnd(bytes, 0, bytes.length)
        expect(dnsUdpPayloadMax(bytes, 0, bytes.length)).toBeGreaterThanOrEqual(512)
        expect(skipDnsName(bytes, at, bytes.length) ?? 0).toBeLessThanOrEqual(bytes.length)
        const name = parseDnsName(bytes, 0, at, bytes.length)
        if (name !== undefined) expect(emitDnsName(name, prefilled(300), 0)).toBeLessThanOrEqual(255)
        const query = new QueryScan()
        if (!scanQuery(bytes, 0, bytes.length, 7, query)) return
        const question = parseDnsQuestion(bytes, 0, bytes.length)
        expect(question).toMatchObject({ type: query.type, class: query.class, end: query.questionEnd })
        const answer = new AnswerScan()
        if (scanAnswer(bytes, query.questionEnd, bytes.length, query.type, answer)) {
          expect(answer.length).toBeLessThanOrEqual(bytes.length)
          for (const ttlAt of answer.ttlAt.subarray(0, answer.ttlCount)) expect(ttlAt + 4).toBeLessThan(answer.length)
        }
        for (const { owner } of answerRecords(bytes, query.questionEnd) ?? []) {
          expect(owner?.length ?? 0).toBeLessThanOrEqual(255)
        }
      }),
      settings,
    )
  })

  test('DHCP: what was read can be written and read again, and the server survives it', () => {
    const options = defaultOptions(SERVER_MAC)
    const leases = new DhcpLeases([], { put: () => {}, remove: () => {} }, { bindings: 20, offers: 20, quarantine: 20 })
    const server = new DhcpServer(options.host, 1500, options.dhcp, leases, quietDhcpDeps)
    fc.assert(
      fc.property(inputs([DISCOVER]), fc.constantFrom(1, 3, 4, 7, 8), (bytes, type) => {
        const message = parseDhcp(bytes, 0, bytes.length)
        if (message === undefined) return
        const again = prefilled(dhcpLength(message))
        emitDhcp(message, again, 0)
        expect(parseDhcp(again, 0, again.length)).toEqual(message)
        if (message.options.has(53)) message.options.set(53, Uint8Array.of(type))
        const source = { mac: message.chaddr, address: message.ciaddr, destination: BROADCAST_IPV4 }
        const reply = server.input(message, source)
        if (reply !== undefined) expect(emitDhcp(reply.message, prefilled(2000), 0)).toBeGreaterThanOrEqual(300)
      }),
      settings,
    )
  })
})
