import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { packVectors, readVectors } from '../../test/support/pack-vectors.ts'
import { parseIpv4 } from '../wire/ipv4-address.ts'
import { emitPack, Pack, type PackElement, parsePack, swapBytes } from './pack.ts'

const VECTORS = ['pack-basic', 'handshake', 'admin-rpc', 'admin-securenat'].flatMap(packVectors)

describe('recorded PACKs', () => {
  test('there are many of them', () => {
    expect(VECTORS.length).toBeGreaterThan(200)
  })

  test('are read as what they mean, and written as they were', () => {
    for (const { title, bytes, pack } of VECTORS) {
      const parsed = parsePack(bytes)
      expect(parsed && [...parsed.elements()], title).toEqual([...pack.elements()])
      expect(Buffer.from(emitPack(pack)).toString('hex'), title).toBe(Buffer.from(bytes).toString('hex'))
    }
  })
})

describe('what the original rejects is unreadable', () => {
  const { rejected_by_5_01: rejected } = readVectors('pack-basic') as {
    rejected_by_5_01: { description: string; hex: string }[]
  }
  test.each(rejected.map((row) => [row.description, row.hex]))('%s', (_description, bytes) => {
    expect(parsePack(hex(bytes))).toBeUndefined()
  })

  test.each([
    ['no count', '0000'],
    ['more elements than bytes', '00000002 00000002 61 00000000 00000001 00000001'],
    ['a count without end', 'ffffffff'],
    ['a name of length 0', '00000001 00000000 00000000 00000001 00000001'],
    ['a name beyond the end', '00000001 000000ff 61 00000000 00000001 00000001'],
    ['an unknown type', '00000001 00000002 61 00000005 00000001 00000001 00000001'],
    ['more values than bytes', '00000001 00000002 61 00000000 7fffffff 00000001'],
    ['data beyond the end', '00000001 00000002 61 00000001 00000001 00000005 01020304'],
    ['half an int64', '00000001 00000002 61 00000004 00000001 00000001'],
  ])('%s', (_what, bytes) => {
    expect(parsePack(hex(bytes))).toBeUndefined()
  })
})

describe('what the original tolerates is read', () => {
  test('bytes behind the last element', () => {
    expect(parsePack(hex('00000001 00000002 61 00000000 00000001 00000007 99'))?.int('a')).toBe(7)
  })

  test('a name of more than 63 letters is cut', () => {
    const pack = parsePack(emitPack(new Pack().addInt('n'.repeat(70), 7)))
    expect(pack?.int('N'.repeat(63))).toBe(7)
  })

  test('a unistr that forgot its NUL', () => {
    expect(parsePack(hex('00000001 00000002 75 00000003 00000001 00000002 6869'))?.text('u')).toBe('hi')
  })
})

describe('reading', () => {
  const pack = new Pack().addText('Name', ['  a b\t', 'c']).addInt('n', [5, 0]).addData('d', hex('0102'))

  test('names are compared without case', () => {
    expect(pack.int('N')).toBe(5)
  })

  test('white space around a text is not part of it', () => {
    expect([pack.text('name'), pack.text('name', 1)]).toEqual(['a b', 'c'])
  })

  test('another type, or nothing there, is absent', () => {
    expect([pack.int('name'), pack.text('n'), pack.data('n'), pack.int64('n')]).toEqual([0, '', undefined, 0n])
    expect([pack.int('n', 9), pack.bool('x'), pack.text('x'), pack.data('x'), pack.count('x')]).toEqual([
      0,
      false,
      '',
      undefined,
      0,
    ])
  })
})

describe('writing', () => {
  test('the first writer of a name wins', () => {
    const pack = new Pack().addText('hubname', 'A').addText('HubName', 'B')
    expect([...pack.elements()].length).toBe(1)
    expect(pack.text('HUBNAME')).toBe('A')
  })

  test('an empty list is left out', () => {
    expect(emitPack(new Pack().addText('HubName', []))).toEqual(hex('00000000'))
  })

  test('a time is nine hours less than the epoch says, never is 0', () => {
    const pack = new Pack().addTime('t', [1_795_433_022_207, undefined])
    expect([pack.int64('t'), pack.int64('t', 1)]).toEqual([1_795_400_622_207n, 0n])
    expect([pack.time('t'), pack.time('t', 1)]).toEqual([1_795_433_022_207, undefined])
  })

  test('an address comes back', () => {
    const address = parseIpv4('192.168.30.1')!
    const pack = new Pack().addIpv4('Ip', address)
    expect(pack.int('Ip')).toBe(0x011ea8c0)
    expect(pack.ipv4('Ip')).toBe(address)
    expect(swapBytes(501)).toBe(4_110_483_456)
  })
})

const name = fc.string({ minLength: 1, maxLength: 20 })
const elementOf = fc.oneof(
  fc.record<PackElement>({
    type: fc.constant('int'),
    name,
    values: fc.array(fc.nat({ max: 0xffff_ffff }), { minLength: 1 }),
  } as never),
  fc.record<PackElement>({
    type: fc.constant('int64'),
    name,
    values: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1 }),
  } as never),
  fc.record<PackElement>({
    type: fc.constant('data'),
    name,
    values: fc.array(fc.uint8Array(), { minLength: 1 }),
  } as never),
  fc.record<PackElement>({
    type: fc.constantFrom('str', 'unistr'),
    name,
    values: fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }),
  } as never),
)

test('whatever is written is read again', () => {
  fc.assert(
    fc.property(fc.array(elementOf, { maxLength: 10 }), (elements) => {
      const pack = new Pack()
      for (const element of elements) pack.add(element)
      const parsed = parsePack(emitPack(pack))
      expect(parsed && [...parsed.elements()]).toEqual([...pack.elements()])
    }),
    { numRuns: 200 },
  )
})
