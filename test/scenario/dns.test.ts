// The DNS service of the virtual host, in virtual time: resolvers that answer, fail, lie and fall silent; the cache; EDNS. TCP and
// many queries at once are in dns-load.test.ts, local names in dns-names.test.ts.

import { describe, expect, test } from 'vitest'
import { QUERY_TIMEOUT_MS } from '../../src/securenat/dns/forwarder.ts'
import { FIRST_RETRY_MS } from '../../src/securenat/dns/upstreams.ts'
import { getU16 } from '../../src/wire/bytes.ts'
import { ANY_IPV4, formatIpv4, ipv4 } from '../../src/wire/ipv4-address.ts'
import { dnsAnswer, dnsQuery, framed, NXDOMAIN, REFUSED, readDnsAnswer, resolveWith, SERVFAIL } from '../support/dns.ts'
import { answerTo, ask, collected, FIRST, GATEWAY, good, NAME, SECOND } from '../support/dns-guest.ts'
import { NOTHING_HELD, RESOLVERS, SERVER, World } from '../support/world.ts'

describe('forwarding', () => {
  test('queries leave under ids of their own and answers come back under theirs', () => {
    const world = new World()
    resolveWith(world, good)
    for (let index = 0; index < 20; index++) {
      ask(world, dnsQuery(index, `n${index}.example.com`), 6000 + (index % 3))
      if (index >= 10) world.advance(1)
    }
    world.advance(10)
    // Those that came in one batch left through one socket, the others each through any.
    expect(Math.max(...world.outside.udp.map(({ sent }) => sent.length))).toBeGreaterThanOrEqual(10)
    expect(world.guest.datagrams.map(({ bytes }) => bytes[1])).toEqual(Array.from({ length: 20 }, (_, index) => index))
    const ids = world.outside.udp.flatMap(({ sent }) => sent.map(({ bytes }) => getU16(bytes, 0)))
    expect(new Set(ids).size).toBe(20)
    expect(ids.filter((id) => id < 20).length).toBeLessThan(3)
    expect(world.outside.udp.length).toBeGreaterThan(1)
    expect(world.outside.udp.length).toBeLessThanOrEqual(4)
    expect(world.outside.udp.every(({ preferredPort }) => preferredPort === 0)).toBe(true)
    expect(world.securenat.natTable()).toHaveLength(3)
    world.advance(60_000)
    expect(world.held()).toEqual(NOTHING_HELD)
    expect(world.clock.pending).toBe(0)
  })

  test('outside sockets are replaced while they are used, and the old ones closed', () => {
    const world = new World({ dns: { cacheEntries: 0 } })
    resolveWith(world, good)
    for (let second = 0; second < 100; second++) {
      ask(world, dnsQuery(second, NAME))
      world.advance(1000)
    }
    expect(world.guest.datagrams).toHaveLength(100)
    expect(world.outside.udp.length).toBeGreaterThan(8)
    expect(world.held().udpPorts).toBeLessThanOrEqual(4)
  })

  test.each([
    ['from another address', SERVER, 53, 0, NAME],
    ['from another port', RESOLVERS[0]!, 54, 0, NAME],
    ['with another id', RESOLVERS[0]!, 53, 1, NAME],
    ['to another question', RESOLVERS[0]!, 53, 0, 'www.example.net'],
  ])('an answer %s is not passed on, and the right one still is', (_name, address, port, difference, name) => {
    const world = new World()
    ask(world, dnsQuery(9, NAME))
    world.advance(10)
    const [socket] = world.outside.udp
    const id = getU16(socket!.sent[0]!.bytes, 0)
    socket!.deliver(dnsAnswer(dnsQuery((id + difference) & 0xffff, name), ['10.6.6.6']), address, port)
    world.advance(10)
    expect(world.guest.datagrams).toEqual([])
    expect(world.securenat.dns.forwarder.stats).toMatchObject({ answers: 0, droppedUnexpected: 1 })
    socket!.deliver(dnsAnswer(dnsQuery(id, NAME), ['203.0.113.1']), RESOLVERS[0]!, 53)
    world.advance(10)
    expect(readDnsAnswer(world.guest.datagrams[0]!.bytes).addresses).toEqual(['203.0.113.1'])
  })

  test('an answer counts once', () => {
    const world = new World()
    ask(world, dnsQuery(9, NAME))
    world.advance(10)
    const [socket] = world.outside.udp
    for (let times = 0; times < 2; times++) socket!.deliver(good(socket!.sent[0]!.bytes), RESOLVERS[0]!, 53)
    world.advance(10)
    expect(world.guest.datagrams).toHaveLength(1)
    expect(world.securenat.dns.forwarder.stats.droppedUnexpected).toBe(1)
  })

  test('several that ask the same share one query, each with its own id, spelling and port', () => {
    const world = new World()
    const other = world.plug({ mac: 0x5254_0000_0002, address: ipv4('192.168.30.11') })
    const asked = resolveWith(world, () => undefined)
    ask(world, dnsQuery(1, NAME), 6000)
    ask(world, dnsQuery(2, 'WwW.eXample.COM'), 6001)
    ask(world, dnsQuery(3, NAME), 6002, other)
    world.advance(10)
    expect(asked).toHaveLength(1)
    const [socket] = world.outside.udp
    socket!.deliver(good(socket!.sent[0]!.bytes), RESOLVERS[0]!, 53)
    world.advance(10)
    expect(world.guest.datagrams.map(({ bytes }) => readDnsAnswer(bytes))).toMatchObject([
      { id: 1, name: NAME },
      { id: 2, name: 'WwW.eXample.COM' },
    ])
    expect(readDnsAnswer(other.datagrams[0]!.bytes)).toMatchObject({ id: 3, addresses: ['203.0.113.1'] })
    expect(world.securenat.dns.waiters.size).toBe(0)
  })

  test('without a resolver the guest is told so at once', () => {
    const world = new World()
    world.resolvers = []
    expect(answerTo(world, dnsQuery(9, NAME))).toMatchObject({ id: 9, rcode: SERVFAIL, flags: 0x8182 })
    expect(world.outside.udp).toEqual([])
  })

  test.each([
    ['a response', dnsAnswer(dnsQuery(9, 'a'), [])],
    ['too short', new Uint8Array(11)],
  ])('%s is no query', (_name, bytes) => {
    const world = new World()
    ask(world, bytes)
    world.advance(10)
    expect(world.outside.udp).toEqual([])
    expect(world.guest.datagrams).toEqual([])
    expect(world.securenat.dns.stats.droppedMalformed).toBe(1)
    expect(world.held().sessions).toBe(0)
  })

  test.each([
    ['no question', Uint8Array.from([0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 1],
    ['a name that does not end', Uint8Array.from([0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 97, 98]), 1],
    ['a pointer', Uint8Array.from([0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]), 1],
    ['a zone transfer', dnsQuery(9, NAME, { type: 252 }), 4],
  ])('%s is refused with its code', (_name, bytes, rcode) => {
    const world = new World()
    expect(answerTo(world, bytes)).toMatchObject({ id: 9, rcode })
    expect(world.outside.udp).toEqual([])
    expect(world.securenat.dns.stats.refusedFormat).toBe(1)
  })

  test('what only its asker can mean is passed on and back as it is', () => {
    const world = new World()
    const notify = Uint8Array.from([...dnsQuery(9, NAME, { flags: 0x2400 }), 0])
    const asked = resolveWith(world, (query) =>
      Uint8Array.from([...query.subarray(0, 2), 0xa4, 0x80, ...query.subarray(4)]),
    )
    ask(world, notify)
    world.advance(10)
    expect(asked).toHaveLength(1)
    const { bytes } = world.guest.datagrams[0]!
    expect(bytes).toEqual(Uint8Array.from([0, 9, 0xa4, 0x80, ...notify.subarray(4)]))
    expect(world.securenat.dns.cache.size).toBe(0)
  })

  test('a broken outside socket is replaced', () => {
    const world = new World()
    for (let id = 0; id < 12; id++) ask(world, dnsQuery(id, `n${id}.example.com`))
    world.advance(10)
    for (const socket of world.outside.udp) socket.fail()
    resolveWith(world, good)
    world.advance(1000)
    expect(world.guest.datagrams).toHaveLength(12)
  })
})

describe('fail-over', () => {
  /** The first resolver says nothing, the others answer. */
  const secondOnly = (query: Uint8Array, resolver: number): Uint8Array | undefined =>
    resolver === RESOLVERS[0] ? undefined : good(query)

  test('a resolver that is silent gives way to the next, which is asked first from then on', () => {
    const world = new World()
    const asked = resolveWith(world, secondOnly)
    expect(answerTo(world, dnsQuery(1, NAME), 900).addresses).toEqual(['203.0.113.1'])
    expect(answerTo(world, dnsQuery(2, 'b.example.com')).id).toBe(2)
    expect(asked.map(({ resolver }) => resolver)).toEqual([FIRST, SECOND, SECOND])
    expect(world.securenat.dns.forwarder.stats.retriedTimeout).toBe(1)
  })

  test('and is taken again when it is back', () => {
    const world = new World()
    let isBack = false
    const asked = resolveWith(world, (query, resolver) => (isBack ? good(query) : secondOnly(query, resolver)))
    answerTo(world, dnsQuery(1, NAME), 900)
    world.advance(FIRST_RETRY_MS)
    // Still silent: one question takes a little longer, the next ones do not.
    expect(answerTo(world, dnsQuery(2, 'b.example.com'), 400).id).toBe(2)
    expect(answerTo(world, dnsQuery(3, 'c.example.com')).id).toBe(3)
    isBack = true
    world.advance(FIRST_RETRY_MS)
    answerTo(world, dnsQuery(4, 'd.example.com'))
    answerTo(world, dnsQuery(5, 'e.example.com'))
    expect(asked.map(({ resolver }) => resolver)).toEqual([
      ...[FIRST, SECOND],
      ...[FIRST, SECOND],
      SECOND,
      ...[FIRST, FIRST],
    ])
  })

  test.each([
    ['SERVFAIL', SERVFAIL],
    ['REFUSED', REFUSED],
  ])('%s: the next resolver is asked at once', (_name, rcode) => {
    const world = new World()
    const asked = resolveWith(world, (query, resolver) =>
      resolver === RESOLVERS[0] ? dnsAnswer(query, [], { rcode }) : good(query),
    )
    expect(answerTo(world, dnsQuery(1, NAME)).addresses).toEqual(['203.0.113.1'])
    expect(asked.map(({ resolver }) => resolver)).toEqual([FIRST, SECOND])
  })

  test('a resolver that is not there gives way at once; when none is, the guest is told', () => {
    const world = new World()
    const asked: string[] = []
    let isSecondThere = true
    world.outside.onUdp = (socket, bytes, address, port) => {
      asked.push(formatIpv4(address))
      if (address === RESOLVERS[1] && isSecondThere) socket.deliver(good(bytes), address, port)
      else socket.refuse({ type: 3, code: 3, reporter: address, address, port, payload: bytes })
    }
    expect(answerTo(world, dnsQuery(1, NAME)).addresses).toEqual(['203.0.113.1'])
    expect(asked).toEqual([FIRST, SECOND])
    isSecondThere = false
    expect(answerTo(world, dnsQuery(2, 'b.example.com'))).toMatchObject({ id: 2, rcode: SERVFAIL })
    expect(world.securenat.dns.forwarder.size).toBe(0)
  })

  test('this computer itself says that there is no way: believed without a quotation', () => {
    const world = new World()
    world.outside.onUdp = (socket, _bytes, address, port) => {
      socket.refuse({ type: 3, code: 0, reporter: ANY_IPV4, address, port, payload: new Uint8Array(0) })
    }
    expect(answerTo(world, dnsQuery(1, NAME))).toMatchObject({ id: 1, rcode: SERVFAIL })
  })

  test.each([
    ['quotes another id', { payload: Uint8Array.of(0, 0, 0) }],
    ['quotes nothing', { payload: new Uint8Array(0) }],
    ['is about another address', { address: SERVER }],
    ['is no unreachable', { type: 11 }],
  ])('an error that %s is not believed', (_name, lie) => {
    const world = new World()
    const asked = resolveWith(world, () => undefined)
    ask(world, dnsQuery(1, NAME))
    world.advance(10)
    const [socket] = world.outside.udp
    const payload = socket!.sent[0]!.bytes
    socket!.refuse({ type: 3, code: 3, reporter: SERVER, address: RESOLVERS[0]!, port: 53, payload, ...lie })
    world.advance(10)
    expect(asked).toHaveLength(1)
  })

  test('a failure of all is passed on and not kept', () => {
    const world = new World()
    const asked = resolveWith(world, (query) => dnsAnswer(query, [], { rcode: SERVFAIL, soa: [60, 60] }))
    expect(answerTo(world, dnsQuery(1, NAME)).rcode).toBe(SERVFAIL)
    expect(answerTo(world, dnsQuery(2, NAME)).rcode).toBe(SERVFAIL)
    expect(asked).toHaveLength(4)
  })

  test('a failure that is a header alone counts too', () => {
    const world = new World()
    resolveWith(world, (query) => Uint8Array.from([...query.subarray(0, 2), 0x81, 0x85, 0, 0, 0, 0, 0, 0, 0, 0]))
    expect(answerTo(world, dnsQuery(1, NAME))).toMatchObject({ rcode: REFUSED, name: NAME })
  })

  test('an answer that cannot be read becomes SERVFAIL', () => {
    const world = new World()
    resolveWith(world, (query) => good(query).slice(0, -3))
    expect(answerTo(world, dnsQuery(1, NAME))).toMatchObject({ rcode: SERVFAIL, addresses: [] })
    expect(world.securenat.dns.stats.malformedAnswers).toBe(1)
  })

  test('silence of all: each is tried again, then the guest is told', () => {
    const world = new World()
    const asked = resolveWith(world, () => undefined)
    ask(world, dnsQuery(1, NAME))
    world.advance(QUERY_TIMEOUT_MS - 100)
    expect(world.guest.datagrams).toEqual([])
    world.advance(200)
    expect(readDnsAnswer(world.guest.datagrams[0]!.bytes)).toMatchObject({ id: 1, rcode: SERVFAIL })
    expect(asked.map(({ resolver }) => resolver)).toEqual([FIRST, SECOND, FIRST, SECOND, FIRST])
    expect(world.securenat.dns.forwarder.size).toBe(0)
    world.advance(100_000)
    expect(world.held()).toEqual(NOTHING_HELD)
    expect(world.clock.pending).toBe(0)
  })

  test('a guest that asks again hastens the next resolver, and still gets one answer', () => {
    const world = new World()
    const asked = resolveWith(world, secondOnly)
    ask(world, dnsQuery(1, NAME))
    world.advance(300)
    ask(world, dnsQuery(1, NAME))
    ask(world, dnsQuery(1, NAME))
    world.advance(10)
    expect(asked.map(({ resolver }) => resolver)).toEqual([FIRST, SECOND])
    expect(world.guest.datagrams).toHaveLength(1)
    expect(world.securenat.dns.forwarder.stats.repeated).toBe(1)
  })

  test('a slow answer of the first is as good', () => {
    const world = new World()
    resolveWith(world, () => undefined)
    ask(world, dnsQuery(1, NAME))
    world.advance(1000)
    const [socket] = world.outside.udp.filter(({ sent }) => sent[0]?.address === RESOLVERS[0])
    socket!.deliver(good(socket!.sent[0]!.bytes), RESOLVERS[0]!, 53)
    world.advance(10)
    expect(world.guest.datagrams).toHaveLength(1)
  })

  test('other resolvers of the host are used from the next query on, and the cache begins anew', () => {
    const world = new World()
    const asked = resolveWith(world, good)
    answerTo(world, dnsQuery(1, NAME))
    world.resolvers = [SERVER]
    answerTo(world, dnsQuery(2, NAME))
    expect(asked.map(({ resolver }) => resolver)).toEqual([FIRST, formatIpv4(SERVER)])
    // The same ones, told once more, change nothing.
    world.resolvers = [SERVER]
    answerTo(world, dnsQuery(3, NAME))
    expect(asked).toHaveLength(2)
  })

  test('configured resolvers go before those of the host, with their ports', () => {
    const world = new World({ dns: { upstreams: [{ address: SERVER, port: 5353 }] } })
    const sent: unknown[] = []
    world.outside.onUdp = (socket, bytes, address, port) => {
      sent.push([address, port])
      socket.deliver(good(bytes), address, port)
    }
    expect(answerTo(world, dnsQuery(1, NAME)).addresses).toEqual(['203.0.113.1'])
    expect(sent).toEqual([[SERVER, 5353]])
  })
})

describe('the cache', () => {
  test('an answer is given again while its TTL lasts, counted down, with the id and the spelling of who asks', () => {
    const world = new World()
    const asked = resolveWith(world, (query) =>
      dnsAnswer(query, ['203.0.113.1', '203.0.113.2'], { ttl: 30, flags: 0x8580 }),
    )
    expect(answerTo(world, dnsQuery(1, NAME)).records.map(({ ttl }) => ttl)).toEqual([30, 30])
    world.advance(9_990)
    const again = answerTo(world, dnsQuery(2, 'wWw.EXAMPLE.com'))
    expect(again).toMatchObject({ id: 2, name: 'wWw.EXAMPLE.com', addresses: ['203.0.113.1', '203.0.113.2'] })
    expect(again.records.map(({ ttl }) => ttl)).toEqual([20, 20])
    // It is no longer from the authority.
    expect(again.flags).toBe(0x8180)
    world.advance(20_000)
    expect(answerTo(world, dnsQuery(3, NAME)).records[0]!.ttl).toBe(30)
    expect(asked).toHaveLength(2)
  })

  test.each([
    ['the name does not exist', { rcode: NXDOMAIN, soa: [300, 60] as const }, 60],
    ['no such records', { rcode: 0, soa: [20, 60] as const }, 20],
  ])('%s: kept for what SOA says', (_name, answer, seconds) => {
    const world = new World()
    const asked = resolveWith(world, (query) => dnsAnswer(query, [], answer))
    answerTo(world, dnsQuery(1, NAME))
    world.advance(seconds * 1000 - 100)
    expect(answerTo(world, dnsQuery(2, NAME)).rcode).toBe(answer.rcode)
    expect(asked).toHaveLength(1)
    world.advance(1000)
    answerTo(world, dnsQuery(3, NAME))
    expect(asked).toHaveLength(2)
  })

  test.each([
    ['a TTL of zero', (query: Uint8Array) => dnsAnswer(query, ['10.1.1.1'], { ttl: 0 })],
    ['a TTL that counts as zero', (query: Uint8Array) => dnsAnswer(query, ['10.1.1.1'], { ttl: 0x8000_0000 })],
    ['nothing, without SOA', (query: Uint8Array) => dnsAnswer(query, [], { rcode: NXDOMAIN })],
    ['another failure', (query: Uint8Array) => dnsAnswer(query, ['10.1.1.1'], { rcode: 4 })],
    ['a truncated answer', (query: Uint8Array) => dnsAnswer(query, ['10.1.1.1'], { truncated: true })],
  ])('not kept: %s', (_name, respond) => {
    const world = new World()
    const asked = resolveWith(world, respond)
    answerTo(world, dnsQuery(1, NAME))
    answerTo(world, dnsQuery(2, NAME))
    expect(asked).toHaveLength(2)
    expect(world.securenat.dns.cache.size).toBe(0)
  })

  test('type, DO and CD make another question', () => {
    const world = new World()
    const asked = resolveWith(world, (query) => dnsAnswer(query, [], { soa: [60, 60] }))
    const all = [
      dnsQuery(1, NAME),
      dnsQuery(1, NAME, { type: 'AAAA' }),
      dnsQuery(1, NAME, { flags: 0x0110 }),
      dnsQuery(1, NAME, { udpSize: 1232, dnssecOk: true }),
    ]
    for (const query of [...all, ...all]) answerTo(world, query)
    expect(asked).toHaveLength(4)
    // The size alone does not.
    answerTo(world, dnsQuery(1, NAME, { udpSize: 4096 }))
    expect(asked).toHaveLength(4)
  })

  test('switched off, every query leaves; so many entries are kept, then the unused ones go', () => {
    const off = new World({ dns: { cacheEntries: 0 } })
    const askedOff = resolveWith(off, good)
    for (const id of [1, 2]) answerTo(off, dnsQuery(id, NAME))
    expect(askedOff).toHaveLength(2)
    const world = new World({ dns: { cacheEntries: 3 } })
    const asked = resolveWith(world, good)
    for (const name of ['a.x', 'b.x', 'c.x', 'a.x', 'd.x', 'a.x', 'b.x']) answerTo(world, dnsQuery(1, name))
    expect(asked.map(({ name }) => name)).toEqual(['a.x', 'b.x', 'c.x', 'd.x', 'b.x'])
    expect(world.securenat.dns.cache.size).toBe(3)
    expect(world.securenat.dns.cache.clear()).toBe(3)
    answerTo(world, dnsQuery(1, 'a.x'))
    expect(asked).toHaveLength(6)
  })
})

describe('EDNS and size', () => {
  const long =
    (count: number, edns = false) =>
    (query: Uint8Array, _resolver: number, over: string) => {
      const values = Array.from({ length: count }, (_, index) => `10.1.${index >> 8}.${index & 255}`)
      return over === 'tcp' || count * 16 < 4000
        ? dnsAnswer(query, values, { edns })
        : dnsAnswer(query, [], { truncated: true })
    }

  test("OPT is each side's own: what a guest adds stays here, DO and the size do not", () => {
    const world = new World()
    const queries: Uint8Array[] = []
    resolveWith(world, (query) => {
      queries.push(query)
      return dnsAnswer(query, ['10.1.1.1'], { edns: true })
    })
    const cookie = [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]
    const answer = answerTo(world, dnsQuery(1, NAME, { udpSize: 4000, dnssecOk: true, options: cookie }))
    expect(answer).toMatchObject({ hasOpt: true, counts: [1, 1, 0, 1], addresses: ['10.1.1.1'] })
    expect([...queries[0]!.subarray(-11)]).toEqual([0, 0, 41, 4000 >> 8, 4000 & 255, 0, 0, 0x80, 0, 0, 0])
    // Who speaks no EDNS gets none, from the cache neither.
    expect(answerTo(world, dnsQuery(2, NAME))).toMatchObject({ hasOpt: false, counts: [1, 1, 0, 0] })
    expect(answerTo(world, dnsQuery(3, NAME))).toMatchObject({ hasOpt: false })
    expect(answerTo(world, dnsQuery(4, NAME, { udpSize: 512, dnssecOk: true }))).toMatchObject({ hasOpt: true })
    expect(queries).toHaveLength(2)
  })

  test('an answer longer than the guest takes is cut, and whole over TCP without asking again', () => {
    const world = new World()
    const asked = resolveWith(world, long(60, true))
    const cut = answerTo(world, dnsQuery(1, NAME, { udpSize: 512 }))
    expect(cut).toMatchObject({ isTruncated: true, addresses: [], name: NAME, hasOpt: true })
    expect(cut.length).toBeLessThanOrEqual(512)
    expect(world.securenat.dns.stats.truncated).toBe(1)
    expect(answerTo(world, dnsQuery(2, NAME, { udpSize: 1232 }))).toMatchObject({ isTruncated: false })
    const tcp = world.guest.connect(GATEWAY, 53)
    const { messages } = collected(tcp)
    tcp.write(framed(dnsQuery(3, NAME)))
    world.advance(100)
    expect(messages()[0]!.addresses).toHaveLength(60)
    expect(asked).toHaveLength(1)
  })

  test('an answer that a resolver cut is passed on as cut; over TCP the resolver is asked over TCP', () => {
    const world = new World()
    const asked = resolveWith(world, long(300))
    expect(answerTo(world, dnsQuery(1, NAME, { udpSize: 4096 }))).toMatchObject({ isTruncated: true, addresses: [] })
    const tcp = world.guest.connect(GATEWAY, 53)
    const { messages } = collected(tcp)
    tcp.write(framed(dnsQuery(2, NAME)))
    world.advance(100)
    expect(messages()[0]).toMatchObject({ id: 2, isTruncated: false })
    expect(messages()[0]!.addresses).toHaveLength(300)
    expect(asked.map(({ over }) => over)).toEqual(['udp', 'tcp'])
  })

  test('2,336 bytes reach a guest that takes them, in fragments', () => {
    const world = new World()
    resolveWith(world, long(144))
    const answer = answerTo(world, dnsQuery(1, NAME, { udpSize: 4096 }), 50)
    expect(answer.addresses).toHaveLength(144)
    expect(answer.length).toBeGreaterThan(2300)
  })
})
