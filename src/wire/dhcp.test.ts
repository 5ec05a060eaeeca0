import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emitted, hex } from '../../test/support/hex.ts'
import type { DhcpMessage } from './dhcp.ts'
import {
  BOOTREPLY,
  BOOTREQUEST,
  DHCP_MIN_LEN,
  DHCPDISCOVER,
  DHCPOFFER,
  dhcpLength,
  emitDhcp,
  FLAG_BROADCAST,
  getIpv4Option,
  getIpv4sOption,
  getRoutesOption,
  getTextOption,
  getU8Option,
  getU16Option,
  getU32Option,
  OPTION_CLASSLESS_ROUTES,
  OPTION_CLIENT_ID,
  OPTION_DNS_SERVER,
  OPTION_HOST_NAME,
  OPTION_INTERFACE_MTU,
  OPTION_LEASE_TIME,
  OPTION_MESSAGE_TYPE,
  OPTION_OVERLOAD,
  OPTION_PARAMETER_LIST,
  OPTION_REQUESTED_ADDRESS,
  OPTION_SERVER_ID,
  parseDhcp,
  setIpv4sOption,
  setRoutesOption,
  setTextOption,
  setU8Option,
  setU16Option,
  setU32Option,
} from './dhcp.ts'
import type { Ipv4Address } from './ipv4-address.ts'
import { ANY_IPV4, ipv4, maskOf, networkOf } from './ipv4-address.ts'
import type { MacAddress } from './mac.ts'
import { parseMac } from './mac.ts'

const zeros = (count: number): string => '00'.repeat(count)

// As Linux's udhcpc sends it, padded to 300 bytes.
const DISCOVER = hex(`
  01 01 06 00               # op, htype, hlen, hops
  3903f326                  # xid
  0005 8000                 # secs, flags: broadcast
  00000000 00000000 00000000 00000000   # ciaddr yiaddr siaddr giaddr
  0200c0a81e0a ${zeros(10)} # chaddr
  ${zeros(64)} ${zeros(128)}
  63825363                  # magic cookie
  35 01 01                  # DISCOVER
  3d 07 01 0200c0a81e0a     # client identifier
  32 04 c0a81e0a            # requested address
  0c 03 6e7431              # host name "nt1"
  37 03 01 03 06            # parameter request list
  ff
  ${zeros(60 - 3 - 9 - 6 - 5 - 5 - 1)}
`)

const OFFER = hex(`
  02 01 06 01
  01020304
  0000 0000
  00000000 c0a81e0a c0a81e01 0a000001
  0200c0a81e0a ${zeros(10)}
  6e6173 ${zeros(61)}       # sname "nas"
  612e62 ${zeros(125)}      # file "a.b"
  63825363
  35 01 02
  36 04 c0a81e01            # server identifier
  33 04 00001c20            # lease time 7200
  06 08 c0a81e01 08080808   # DNS servers
  ff
  ${zeros(60 - 3 - 6 - 6 - 10 - 1)}
`)

function message(changes: Partial<DhcpMessage> = {}): DhcpMessage {
  return {
    op: BOOTREQUEST,
    hops: 0,
    xid: 1,
    secs: 0,
    flags: 0,
    ciaddr: ANY_IPV4,
    yiaddr: ANY_IPV4,
    siaddr: ANY_IPV4,
    giaddr: ANY_IPV4,
    chaddr: parseMac('02-00-C0-A8-1E-0A')!,
    sname: '',
    file: '',
    options: new Map([[OPTION_MESSAGE_TYPE, Uint8Array.of(DHCPDISCOVER)]]),
    ...changes,
  }
}

function emit(value: DhcpMessage): Uint8Array {
  return emitted(dhcpLength(value), (bytes, offset) => {
    expect(emitDhcp(value, bytes, offset)).toBe(dhcpLength(value))
  })
}

const parse = (bytes: Uint8Array) => parseDhcp(bytes, 0, bytes.length)

describe('a message from bytes and back', () => {
  test('DISCOVER', () => {
    const value = parse(DISCOVER)!
    expect(value).toMatchObject({ op: BOOTREQUEST, xid: 0x3903f326, secs: 5, flags: FLAG_BROADCAST, hops: 0 })
    expect(value.chaddr).toBe(0x0200c0a81e0a)
    expect(getU8Option(value.options, OPTION_MESSAGE_TYPE)).toBe(DHCPDISCOVER)
    expect(getIpv4Option(value.options, OPTION_REQUESTED_ADDRESS)).toBe(ipv4('192.168.30.10'))
    expect(getTextOption(value.options, OPTION_HOST_NAME)).toBe('nt1')
    expect(value.options.get(OPTION_CLIENT_ID)).toEqual(hex('01 0200c0a81e0a'))
    expect([...value.options.keys()]).toEqual([
      OPTION_MESSAGE_TYPE,
      OPTION_CLIENT_ID,
      OPTION_REQUESTED_ADDRESS,
      OPTION_HOST_NAME,
      OPTION_PARAMETER_LIST,
    ])
    expect(emit(value)).toEqual(DISCOVER)
  })

  test('OFFER through a relay, with sname and file', () => {
    const value = parse(OFFER)!
    expect(value).toMatchObject({
      op: BOOTREPLY,
      hops: 1,
      yiaddr: ipv4('192.168.30.10'),
      siaddr: ipv4('192.168.30.1'),
      giaddr: ipv4('10.0.0.1'),
      sname: 'nas',
      file: 'a.b',
    })
    expect(getU8Option(value.options, OPTION_MESSAGE_TYPE)).toBe(DHCPOFFER)
    expect(getIpv4Option(value.options, OPTION_SERVER_ID)).toBe(ipv4('192.168.30.1'))
    expect(getU32Option(value.options, OPTION_LEASE_TIME)).toBe(7200)
    expect(getIpv4sOption(value.options, OPTION_DNS_SERVER)).toEqual([ipv4('192.168.30.1'), ipv4('8.8.8.8')])
    expect(emit(value)).toEqual(OFFER)
  })

  test('parsing looks only inside [start, end) and keeps nothing of the frame', () => {
    const frame = new Uint8Array(DISCOVER.length + 20).fill(0xa5)
    frame.set(DISCOVER, 7)
    const value = parseDhcp(frame, 7, 7 + DISCOVER.length)!
    frame.fill(0)
    expect(value).toEqual(parse(DISCOVER))
  })
})

describe('malformed messages are undefined', () => {
  const withByte = (at: number, value: number): Uint8Array => {
    const bytes = DISCOVER.slice()
    bytes[at] = value
    return bytes
  }
  const withOptions = (options: string): Uint8Array => {
    const bytes = new Uint8Array(240 + hex(options).length)
    bytes.set(DISCOVER.subarray(0, 240))
    bytes.set(hex(options), 240)
    return bytes
  }
  const table: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['one byte short of the cookie', DISCOVER.slice(0, 239)],
    ['op 0', withByte(0, 0)],
    ['op 3', withByte(0, 3)],
    ['not Ethernet', withByte(1, 6)],
    ['hlen 0', withByte(2, 0)],
    ['hlen 16', withByte(2, 16)],
    ['wrong cookie', withByte(239, 0x64)],
    ['an option without length', withOptions('3501 01 0c')],
    ['an option past the end', withOptions('3501 01 0c05 6e74')],
    ['an overload of 0', withOptions('340100 ff')],
    ['an overload of 4', withOptions('340104 ff')],
    ['an overload of two bytes', withOptions('34020101 ff')],
    // `file` is all zero and ends well; sname here begins an option that does not fit into its 64 bytes.
    [
      'an overloaded sname with a cut option',
      (() => {
        const bytes = withOptions('340102 ff')
        bytes[44] = OPTION_HOST_NAME
        bytes[45] = 63
        return bytes
      })(),
    ],
  ]
  test.each(table)('%s', (_name, bytes) => {
    expect(parse(bytes)).toBeUndefined()
  })

  test('every cut through the last option', () => {
    const whole = withOptions('3501 01 3d07 010200c0a81e0a')
    expect(parse(whole)).toBeDefined()
    for (let length = 244; length < whole.length; length += 1) {
      expect(parse(whole.slice(0, length)), `${length} bytes`).toBeUndefined()
    }
  })
})

describe('options', () => {
  test('pad bytes are stepped over, and a missing End is forgiven', () => {
    const bytes = new Uint8Array(240 + 6)
    bytes.set(DISCOVER.subarray(0, 240))
    bytes.set(hex('00 00 350108 00'), 240)
    expect(getU8Option(parse(bytes)!.options, OPTION_MESSAGE_TYPE)).toBe(8)
  })

  test('overload 3: options, then file, then sname, pieces joined in that order (RFC 3396 section 5)', () => {
    const bytes = new Uint8Array(300)
    bytes.set(DISCOVER.subarray(0, 240))
    bytes.set(hex('350101 340103 0c02 6162 ff'), 240)
    bytes.set(hex('0c02 6364 340101 ff'), 108)
    bytes.set(hex('0c01 65 ff 0c0166'), 44)
    const value = parse(bytes)!
    expect(getTextOption(value.options, OPTION_HOST_NAME)).toBe('abcde')
    expect(value.sname).toBe('')
    expect(value.file).toBe('')
    expect(value.options.has(OPTION_OVERLOAD)).toBe(false)
  })

  test('overload 1 leaves sname a name', () => {
    const bytes = OFFER.slice()
    bytes.set(hex('340101 ff'), 240)
    bytes.fill(0, 108, 236)
    const value = parse(bytes)!
    expect(value.sname).toBe('nas')
    expect(value.file).toBe('')
  })

  test('an option longer than 255 bytes goes out in pieces of the same number (RFC 3396)', () => {
    const long = Uint8Array.from({ length: 511 }, (_, index) => index)
    const value = message({ options: new Map([[43, long]]) })
    const bytes = emit(value)
    expect(bytes.length).toBe(240 + 511 + 3 * 2 + 1)
    expect([bytes[240], bytes[241], bytes[497], bytes[498], bytes[754], bytes[755]]).toEqual([43, 255, 43, 255, 43, 1])
    expect(parse(bytes)).toEqual(value)
  })

  test('a long list of routes is cut between routes', () => {
    const value = message({ options: new Map() })
    const routes = Array.from({ length: 40 }, (_, index) => ({
      network: ipv4(`10.1.${index}.0`),
      mask: maskOf(24),
      gateway: ipv4('192.168.30.1'),
    }))
    setRoutesOption(value.options, OPTION_CLASSLESS_ROUTES, routes)
    const bytes = emit(value)
    // 31 routes of 8 bytes, then 9.
    expect([bytes[240], bytes[241], bytes[490], bytes[491]]).toEqual([121, 248, 121, 72])
    expect(getRoutesOption(parse(bytes)!.options, OPTION_CLASSLESS_ROUTES)).toEqual(routes)
  })

  test('what calls itself routes and is not is cut all the same', () => {
    const value = message({ options: new Map([[OPTION_CLASSLESS_ROUTES, new Uint8Array(600).fill(33)]]) })
    expect(parse(emit(value))).toEqual(value)
  })

  test('a message may end with the cookie', () => {
    expect(parse(DISCOVER.slice(0, 240))?.options.size).toBe(0)
  })

  test('an empty option keeps its place', () => {
    const value = message({ options: new Map([[80, new Uint8Array(0)]]) })
    expect(parse(emit(value))).toEqual(value)
  })

  test('64 pushed routes fit and come back (RFC 3442)', () => {
    const routes = Array.from({ length: 64 }, (_, index) => ({
      network: ipv4(`10.${index}.0.0`),
      mask: maskOf(16 + (index % 17)),
      gateway: ipv4('192.168.30.1'),
    }))
    const value = message()
    setRoutesOption(value.options, OPTION_CLASSLESS_ROUTES, routes)
    expect(getRoutesOption(parse(emit(value))!.options, OPTION_CLASSLESS_ROUTES)).toEqual(routes)
  })

  test.each([
    ['0.0.0.0', 0, '00 c0a81e01'],
    ['10.0.0.0', 8, '08 0a c0a81e01'],
    ['10.17.0.0', 16, '10 0a11 c0a81e01'],
    ['10.27.129.0', 24, '18 0a1b81 c0a81e01'],
    ['10.229.0.128', 25, '19 0ae50080 c0a81e01'],
    ['10.198.122.47', 32, '20 0ac67a2f c0a81e01'],
  ])('the RFC 3442 form of %s/%i', (network, prefix, expected) => {
    const options = new Map<number, Uint8Array>()
    setRoutesOption(options, 121, [{ network: ipv4(network), mask: maskOf(prefix), gateway: ipv4('192.168.30.1') }])
    expect(options.get(121)).toEqual(hex(expected))
  })

  test.each(['21 0a000000 c0a81e01', '18 0a1b', '08 0a c0a81e'])('a route that does not fit: %s', (bytes) => {
    expect(getRoutesOption(new Map([[121, hex(bytes)]]), 121)).toBeUndefined()
  })

  test('a route with a hole in its mask has no wire form and is left out', () => {
    const options = new Map<number, Uint8Array>()
    setRoutesOption(options, 121, [{ network: ANY_IPV4, mask: ipv4('255.0.255.0'), gateway: ANY_IPV4 }])
    expect(options.get(121)).toEqual(new Uint8Array(0))
  })

  test('typed setters and getters agree, and wrong lengths answer undefined', () => {
    const options = new Map<number, Uint8Array>()
    setU8Option(options, 1, 255)
    setU16Option(options, OPTION_INTERFACE_MTU, 65520)
    setU32Option(options, OPTION_LEASE_TIME, 0xffff_ffff)
    setIpv4sOption(options, OPTION_DNS_SERVER, ipv4('1.2.3.4'), ipv4('255.255.255.255'))
    setTextOption(options, OPTION_HOST_NAME, 'größe')
    expect(getU8Option(options, 1)).toBe(255)
    expect(getU16Option(options, OPTION_INTERFACE_MTU)).toBe(65520)
    expect(getU32Option(options, OPTION_LEASE_TIME)).toBe(0xffff_ffff)
    expect(getIpv4sOption(options, OPTION_DNS_SERVER)).toEqual([ipv4('1.2.3.4'), ipv4('255.255.255.255')])
    expect(getTextOption(options, OPTION_HOST_NAME)).toBe('größe')
    expect(getU8Option(options, OPTION_LEASE_TIME)).toBeUndefined()
    expect(getU16Option(options, OPTION_LEASE_TIME)).toBeUndefined()
    expect(getU32Option(options, OPTION_DNS_SERVER)).toBeUndefined()
    expect(getIpv4sOption(options, OPTION_INTERFACE_MTU)).toBeUndefined()
    expect(getIpv4sOption(new Map([[6, new Uint8Array(0)]]), 6)).toBeUndefined()
    expect(getTextOption(new Map([[12, hex('616200 00')]]), 12)).toBe('ab')
  })
})

test('sname and file are cut to their fields, the last byte stays NUL', () => {
  const bytes = emit(message({ sname: 's'.repeat(100), file: 'f'.repeat(200) }))
  expect(bytes[44 + 62]).toBe(0x73)
  expect(bytes[44 + 63]).toBe(0)
  expect(bytes[108 + 126]).toBe(0x66)
  expect(bytes[108 + 127]).toBe(0)
})

test('round trip: any message comes back', () => {
  const address = fc.nat({ max: 0xffff_ffff }).map((value) => value as Ipv4Address)
  const text = (max: number) => fc.string({ unit: fc.constantFrom('a', '.', '/', '\u00e9'), maxLength: max })
  const code = fc.integer({ min: 1, max: 254 }).filter((value) => value !== OPTION_OVERLOAD)
  const messages: fc.Arbitrary<DhcpMessage> = fc.record({
    op: fc.constantFrom(BOOTREQUEST, BOOTREPLY),
    hops: fc.nat({ max: 255 }),
    xid: fc.nat({ max: 0xffff_ffff }),
    secs: fc.nat({ max: 0xffff }),
    flags: fc.nat({ max: 0xffff }),
    ciaddr: address,
    yiaddr: address,
    siaddr: address,
    giaddr: address,
    chaddr: fc.nat({ max: 0xffff_ffff_ffff }).map((value) => value as MacAddress),
    sname: text(63),
    file: text(127),
    options: fc
      .array(fc.tuple(code, fc.uint8Array({ maxLength: 600 })), { maxLength: 12 })
      .map((entries) => new Map(entries.map(([key, data]) => [key, Uint8Array.from(data)]))),
  })
  fc.assert(
    fc.property(messages, (value) => {
      const bytes = emit(value)
      expect(bytes.length).toBeGreaterThanOrEqual(DHCP_MIN_LEN)
      const parsed = parse(bytes)!
      expect(parsed).toEqual(value)
      expect([...parsed.options.keys()]).toEqual([...value.options.keys()])
    }),
    { numRuns: 100 },
  )
})

test('round trip: any list of routes comes back masked', () => {
  const route = fc.record({
    network: fc.nat({ max: 0xffff_ffff }),
    prefix: fc.nat({ max: 32 }),
    gateway: fc.nat({ max: 0xffff_ffff }),
  })
  fc.assert(
    fc.property(fc.array(route, { maxLength: 40 }), (list) => {
      const routes = list.map(({ network, prefix, gateway }) => ({
        network: networkOf(network as Ipv4Address, maskOf(prefix)),
        mask: maskOf(prefix),
        gateway: gateway as Ipv4Address,
      }))
      const options = new Map<number, Uint8Array>()
      setRoutesOption(options, 121, routes)
      expect(getRoutesOption(options, 121)).toEqual(routes)
    }),
    { numRuns: 100 },
  )
})
