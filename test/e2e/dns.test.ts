// The DNS service as dig sees it, with dnsmasq as the resolvers of the host.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { dnsQuery } from '../support/dns.ts'
import { RawGuest } from '../support/raw-guest.ts'
import { Cable } from './support/cable.ts'
import { addressOf } from './support/lease.ts'
import { startDnsmasq } from './support/outside.ts'
import { SecureNatServer } from './support/securenat.ts'
import type { Program } from './support/shell.ts'
import { waitFor } from './support/shell.ts'
import { type Namespace, OUTSIDE_ADDRESS, OUTSIDE_ADDRESSES, World } from './support/world.ts'

const VIRTUAL_HOST = '192.168.30.1'
const OTHER_RESOLVER = OUTSIDE_ADDRESSES[1]!
/** Nobody answers there. */
const SILENT_RESOLVER = '198.18.0.99'

let world: World
let server: SecureNatServer
let first: Program
let second: Program
/** A second guest, whose name is `scanner`. */
let scanner: Namespace

beforeAll(async () => {
  world = await World.create()
  const kept = ['--host-record=kept.test,10.7.7.7,600', `--server=/silent.test/${SILENT_RESOLVER}`]
  first = await startDnsmasq(world, OUTSIDE_ADDRESS, { 'who.test': '10.1.1.1' }, kept)
  second = await startDnsmasq(world, OTHER_RESOLVER, { 'who.test': '10.2.2.2' })
  world.writeResolvConf(OUTSIDE_ADDRESS, OTHER_RESOLVER)
  server = await SecureNatServer.start(world, { args: ['--tap', `DEFAULT:tap0@${world.guest.name}`] })
  await server.mustCommand('DhcpSet', '--domain', 'lan')
  scanner = await world.addNamespace('scanner')
  await (await Cable.plug(world, scanner, 'tap0', server.socket)).waitForHub()
  for (const [guest, name] of [
    [world.guest, 'Printer'],
    [scanner, 'scanner'],
  ] as const) {
    const options = ['-n', '-q', '-f', '-t', '10', '-T', '1', '-x', `hostname:${name}`]
    await guest.must(['udhcpc', '-i', 'tap0', ...options], { timeoutMs: 20_000 })
  }
})

afterAll(() => world?.destroy())

/** What dig prints: with `+short` the records alone. A dig that gets no answer is an error. */
async function dig(...args: string[]): Promise<string> {
  const command = ['dig', `@${VIRTUAL_HOST}`, '+tries=1', '+time=5', ...args]
  return (await world.guest.must(command, { timeoutMs: 20_000 })).trim()
}

const short = (...args: string[]): Promise<string> => dig('+short', ...args)

function askedOf(resolver: Program, name: string): number {
  return resolver.stdout
    .split('\n')
    .concat(resolver.stderr.split('\n'))
    .filter((line) => line.includes(`] ${name} from`)).length
}

test('UDP with and without EDNS, TCP, several queries on one connection', async () => {
  expect(await short('who.test')).toBe('10.1.1.1')
  expect(await short('who.test', '+noedns')).toBe('10.1.1.1')
  const whole = await dig('who.test', '+bufsize=1400', '+dnssec')
  expect(whole).toMatch(/; EDNS: version: 0, flags: do; udp: \d+/)
  expect(whole).toMatch(/status: NOERROR/)
  expect(whole).not.toMatch(/WARNING|malformed/i)
  expect(await short('+tcp', 'who.test')).toBe('10.1.1.1')
  const several = await short('+tcp', '+keepopen', 'who.test', 'kept.test', 'who.test')
  expect(several.split('\n')).toEqual(['10.1.1.1', '10.7.7.7', '10.1.1.1'])
})

test('an answer too long for UDP is cut, and dig asks again over TCP', async () => {
  expect(await dig('long.test', 'TXT', '+ignore', '+bufsize=512')).toMatch(/flags:[^;]* tc/)
  expect((await short('long.test', 'TXT')).split('\n')).toHaveLength(12)
  expect((await short('long.test', 'TXT', '+bufsize=4096')).split('\n')).toHaveLength(12)
})

test('an answer is kept: the resolver is asked once, and the TTL counts down', async () => {
  await server.mustCommand('DnsCacheFlush')
  const before = askedOf(first, 'kept.test')
  const ttls: number[] = []
  for (let times = 0; times < 3; times++) {
    ttls.push(Number(/^kept\.test\.\s+(\d+)/m.exec(await dig('kept.test'))?.[1]))
  }
  expect(await short('KEPT.Test')).toBe('10.7.7.7')
  expect(askedOf(first, 'kept.test') - before).toBe(1)
  expect(ttls[0]).toBe(600)
  expect(ttls.at(-1)).toBeLessThanOrEqual(600)
})

test('guests by name, forward and reverse; the virtual host too', async () => {
  const address = await addressOf(world.guest, 'tap0')
  expect(await short('printer.lan')).toBe(address)
  expect(await short('PRINTER')).toBe(address)
  expect(await short('-x', address)).toBe('printer.lan.')
  expect(await short('scanner.lan')).toBe(await addressOf(scanner, 'tap0'))
  expect(await dig('printer.lan', 'AAAA')).toMatch(/status: NOERROR[\s\S]*ANSWER: 0, AUTHORITY: 1/)
  expect(await dig('nobody.lan')).toMatch(/status: NXDOMAIN/)
  expect(await dig('-x', '192.168.30.199')).toMatch(/status: NXDOMAIN/)
  expect(await short('gateway')).toBe(VIRTUAL_HOST)
  expect(await short('-x', VIRTUAL_HOST)).toBe('gateway.lan.')
})

test('records and settings by command: used at once, kept in the configuration, refused with what would be right', async () => {
  await server.mustCommand('DnsRecordAdd', 'mail.lan', '--type', 'a', '--value', '10.5.5.5', '--ttl', '30')
  await server.mustCommand('DnsRecordAdd', 'lan', '--type', 'MX', '--value', '10 mail.lan')
  await server.mustCommand('DnsRecordAdd', '*.apps.lan', '--type', 'CNAME', '--value', 'who.test')
  expect(await short('mail.lan')).toBe('10.5.5.5')
  expect(await short('lan', 'MX')).toBe('10 mail.lan.')
  expect(await short('x.apps.lan')).toBe('who.test.\n10.1.1.1')
  expect(await server.mustCommand('DnsRecordList')).toMatch(
    /Name +\|mail\.lan\nType +\|A\nValue +\|10\.5\.5\.5\nTTL \(Seconds\)\|30/,
  )
  const wrong = await server.command('DnsRecordAdd', 'mail.lan', '--type', 'A', '--value', 'nowhere')
  expect(wrong).toMatchObject({ status: 1 })
  expect(wrong.stderr).toContain('--value must be an IPv4 address such as 192.168.30.5, is "nowhere"')
  await server.mustCommand('DnsRecordDelete', 'MAIL.lan')
  expect(await dig('mail.lan')).toMatch(/status: NXDOMAIN/)
  expect((await server.command('DnsRecordDelete', 'mail.lan')).stderr).toContain('There is no such record')

  expect(await dig('host.internal')).toMatch(/status: (NXDOMAIN|REFUSED)/)
  await server.mustCommand('DnsSet', '--hostinternal', OUTSIDE_ADDRESS, '--upstreams', OTHER_RESOLVER)
  expect(await short('host.internal')).toBe(OUTSIDE_ADDRESS)
  expect(await short('who.test')).toBe('10.2.2.2')
  const shown = JSON.parse(await server.mustCommand('DnsGet', '--json')) as Record<string, unknown>
  expect(shown).toMatchObject({ Upstreams_str: OTHER_RESOLVER, UpstreamsInUse_str: OTHER_RESOLVER, NumWaiting_u32: 0 })
  expect(shown.NumCacheHits_u64).toBeGreaterThan(0)
  await server.mustCommand('DnsSet', '--hostinternal', 'none', '--upstreams', 'none')
  expect(await short('who.test')).toBe('10.1.1.1')
})

test('5,000 queries of one guest to a silent resolver: another guest is answered, and the log says who it was', async () => {
  const guest = await RawGuest.plug(server.socket, '192.168.30.7')
  try {
    for (let query = 0; query < 5_000; query++) {
      const name = `q${query}.silent.test`
      guest.send(guest.udp(VIRTUAL_HOST, 53, 10_000 + query, String.fromCharCode(...dnsQuery(query, name))))
    }
    await server.waitForLog(/192\.168\.30\.7 has too many DNS queries/)
    await server.mustCommand('DnsCacheFlush')
    const answered = await dig('kept.test')
    expect(answered).toMatch(/kept\.test\.\s+600\s+IN\s+A\s+10\.7\.7\.7/)
    expect(Number(/Query time: (\d+) msec/.exec(answered)?.[1])).toBeLessThan(1_000)
    const { NumRefused_u64 } = JSON.parse(await server.mustCommand('DnsGet', '--json')) as { NumRefused_u64: number }
    // Not all of them arrive: a guest that sends faster than it is read from loses the rest itself.
    expect(NumRefused_u64).toBeGreaterThan(1_000)
  } finally {
    guest.close()
  }
})

test('a resolver that falls silent or is gone: the next one, over UDP and TCP', async () => {
  await server.mustCommand('DnsCacheFlush')
  first.kill('SIGSTOP')
  const slow = await dig('who.test')
  expect(slow).toMatch(/IN\s+A\s+10\.2\.2\.2/)
  expect(Number(/Query time: (\d+) msec/.exec(slow)?.[1])).toBeLessThan(3_000)
  // The one that answered is asked first now.
  const { UpstreamsInUse_str } = JSON.parse(await server.mustCommand('DnsGet', '--json')) as {
    UpstreamsInUse_str: string
  }
  expect(UpstreamsInUse_str).toBe(`${OTHER_RESOLVER}, ${OUTSIDE_ADDRESS}`)
  first.kill('SIGCONT')
  await first.stop()
  await server.mustCommand('DnsSet', '--upstreams', `${OUTSIDE_ADDRESS},${OTHER_RESOLVER}`)
  await server.mustCommand('DnsCacheFlush')
  expect(await short('+tcp', 'who.test')).toBe('10.2.2.2')
  await second.stop()
  await waitFor('a failure to be told', 15_000, async () =>
    /SERVFAIL|REFUSED/.test(await dig('other.test', '+time=10')),
  )
})
