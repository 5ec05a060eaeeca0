import { beforeEach, describe, expect, test } from 'vitest'
import { type Ipv4Address, ipv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import {
  AddressProbe,
  CLAIM_MS,
  CLAIMS_LIMIT,
  CLAIMS_PER_HOST_MAX,
  PROBE_DOUBT_FRESH_MS,
  PROBE_DOUBT_MS,
  PROBE_FRESH_MS,
  PROBE_WAIT_MS,
  PROBES_LIMIT,
} from './address-probe.ts'

const A = ipv4('192.168.30.10')
const B = ipv4('192.168.30.11')
const HOST = 0x0200_0000_0001 as MacAddress
const OTHER = 0x0200_0000_0002 as MacAddress

let asked: Ipv4Address[]
let probe: AddressProbe
beforeEach(() => {
  asked = []
  probe = new AddressProbe((address) => asked.push(address))
})

describe('asking', () => {
  test('silence counts after a short wait, with an address in doubt after a longer one', () => {
    expect(probe.check(A, false, 100)).toBe(PROBE_WAIT_MS)
    expect(probe.check(A, false, 104)).toBe(PROBE_WAIT_MS - 4)
    expect(probe.check(A, false, 100 + PROBE_WAIT_MS)).toBe(0)
    expect(probe.check(A, true, 100 + PROBE_WAIT_MS)).toBe(PROBE_DOUBT_MS - PROBE_WAIT_MS)
    // Asked once more with the offer: an answer may still come before it is taken up.
    expect(asked).toEqual([A, A])
  })

  test('silence of some time ago says nothing, nor does any from before a port joined', () => {
    probe.check(A, false, 0)
    expect(probe.check(A, false, PROBE_FRESH_MS - 1)).toBe(0)
    expect(probe.check(A, false, PROBE_FRESH_MS)).toBe(PROBE_WAIT_MS)
    probe.forgetSilence()
    expect(probe.check(A, false, PROBE_FRESH_MS + PROBE_WAIT_MS)).toBe(PROBE_WAIT_MS)
    expect(probe.check(B, true, 0)).toBe(PROBE_DOUBT_MS)
    expect(probe.check(B, true, PROBE_DOUBT_MS)).toBe(0)
    expect(probe.check(B, true, PROBE_DOUBT_FRESH_MS)).toBe(PROBE_DOUBT_MS)
  })

  test('who asks ahead of time does not wait then', () => {
    probe.askAhead(A, 0)
    probe.askAhead(A, 1)
    expect(asked).toEqual([A])
    expect(probe.check(A, false, PROBE_WAIT_MS)).toBe(0)
    probe.askAhead(A, PROBE_FRESH_MS)
    expect(probe.check(A, false, PROBE_FRESH_MS)).toBe(PROBE_WAIT_MS)
  })

  test('PROBES_LIMIT: past it the oldest is asked for again', () => {
    for (let index = 0; index <= PROBES_LIMIT; index += 1) probe.check((A + index) as Ipv4Address, false, 0)
    expect(asked).toHaveLength(PROBES_LIMIT + 1)
    probe.check((A + PROBES_LIMIT) as Ipv4Address, false, 1)
    expect(asked).toHaveLength(PROBES_LIMIT + 1)
    probe.check(A, false, 1)
    expect(asked).toHaveLength(PROBES_LIMIT + 2)
  })
})

describe('hearing', () => {
  test('an address is used by whoever answered for it, for a minute after the last word', () => {
    probe.heard(A, HOST, 0)
    probe.heard(A, HOST, 30_000)
    expect(probe.userOf(A, OTHER, 30_000 + CLAIM_MS - 1)).toBe(HOST)
    expect(probe.userOf(A, HOST, 30_001)).toBeUndefined()
    expect(probe.userOf(B, OTHER, 30_001)).toBeUndefined()
    expect(probe.userOf(A, OTHER, 30_000 + CLAIM_MS)).toBeUndefined()
  })

  test('the last to speak is believed', () => {
    probe.heard(A, HOST, 0)
    probe.heard(A, OTHER, 1)
    expect(probe.userOf(A, HOST, 2)).toBe(OTHER)
  })

  test('a host that answers for everything is a proxy: past CLAIMS_PER_HOST_MAX it is not believed', () => {
    for (let index = 0; index < CLAIMS_PER_HOST_MAX + 5; index += 1)
      probe.heard((A + index) as Ipv4Address, HOST, index)
    expect(probe.stats).toMatchObject({ heardClaims: CLAIMS_PER_HOST_MAX, ignoredClaims: 5 })
    expect(probe.userOf((A + CLAIMS_PER_HOST_MAX) as Ipv4Address, OTHER, 20)).toBeUndefined()
    // An old claim makes room for a new one.
    probe.heard(B, OTHER, 50)
    probe.heard((A + 99) as Ipv4Address, HOST, CLAIM_MS)
    expect(probe.userOf((A + 99) as Ipv4Address, OTHER, CLAIM_MS)).toBe(HOST)
  })

  test('CLAIMS_LIMIT: past it the oldest is forgotten', () => {
    for (let index = 0; index <= CLAIMS_LIMIT; index += 1) {
      probe.heard((A + index) as Ipv4Address, (HOST + index) as MacAddress, 0)
    }
    expect(probe.stats.evictedClaims).toBe(1)
    expect(probe.userOf(A, OTHER, 1)).toBeUndefined()
    expect(probe.userOf(B, HOST, 1)).toBe(OTHER)
  })
})
