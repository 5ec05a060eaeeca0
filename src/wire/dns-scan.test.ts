import { describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { AnswerScan, equalFolded, hashDnsName, QueryScan, scanAnswer, scanQuery } from './dns-scan.ts'

const NAME = '03 777777 07 6578616d706c65 03 636f6d 00' // www.example.com
const OPT = '00 0029 04d0 00 00 8000 0000' // 1232 bytes, version 0, DO
const SEED = 99

function query(text: string): QueryScan | undefined {
  const bytes = hex(text)
  const into = new QueryScan()
  return scanQuery(bytes, 0, bytes.length, SEED, into) ? into : undefined
}

describe('queries', () => {
  test('question, hash and what EDNS says, wherever the message lies', () => {
    const bytes = hex(`aa bb 1234 0110 0001 0000 0000 0001 ${NAME} 001c 0001 ${OPT} cc`)
    const into = new QueryScan()
    expect(scanQuery(bytes, 2, bytes.length - 1, SEED, into)).toBe(true)
    const facts = { id: 0x1234, flags: 0x0110, nameEnd: 31, questionEnd: 35, labels: 3, type: 28, class: 1 }
    expect(into).toMatchObject({ ...facts, hasEdns: true, dnssecOk: true, udpMax: 1232, isPlain: true })
    expect([into.bits, into.isCacheable]).toEqual([0x0111, true])
    expect(into.nameHash).toBe(hashDnsName(bytes.subarray(14, 31), SEED))
  })

  test('the hash does not see case, but type and seed', () => {
    const [lower, upper, other] = [`${NAME} 0001`, '03 575757 07 4578616d706c65 03 434f4d 00 0001', `${NAME} 0002`].map(
      (question) => query(`1234 0100 0001 0000 0000 0000 ${question} 0001`)!,
    )
    expect(upper!.hash).toBe(lower!.hash)
    expect(other!.hash).not.toBe(lower!.hash)
    expect(hashDnsName(hex('0161 00'), 1)).not.toBe(hashDnsName(hex('0161 00'), 2))
    expect(equalFolded(lower!.bytes, 12, upper!.bytes, 12, 17)).toBe(true)
    expect(equalFolded(hex('40'), 0, hex('60'), 0, 1)).toBe(false)
  })

  test.each([
    ['another opcode', `1234 2800 0001 0000 0000 0000 ${NAME} 0006 0001`],
    ['a record among the answers', `1234 0100 0001 0001 0000 0000 ${NAME} 0001 0001`],
    ['a signature', `1234 0100 0001 0000 0000 0001 ${NAME} 0001 0001 00 00fa 00ff 00000000 0000`],
    ['two additional records', `1234 0100 0001 0000 0000 0002 ${NAME} 0001 0001 ${OPT} ${OPT}`],
    ['EDNS version 1', `1234 0100 0001 0000 0000 0001 ${NAME} 0001 0001 00 0029 04d0 00 01 0000 0000`],
    ['bytes behind the question', `1234 0100 0001 0000 0000 0000 ${NAME} 0001 0001 00`],
    ['an OPT that is cut off', `1234 0100 0001 0000 0000 0001 ${NAME} 0001 0001 00 0029 04d0 00 00 8000 0004 00`],
  ])('%s: not plain, so not to be kept', (_what, text) => {
    expect(query(text)).toMatchObject({ isPlain: false, isCacheable: false, udpMax: 512 })
  })

  test.each([
    ['ANY', '00ff 0001'],
    ['AXFR', '00fc 0001'],
    ['another class', '0010 0003'],
  ])('%s is plain and not to be kept', (_what, tail) => {
    expect(query(`1234 0100 0001 0000 0000 0000 ${NAME} ${tail}`)).toMatchObject({ isPlain: true, isCacheable: false })
  })

  test.each([
    ['eleven bytes', '1234 0100 0001 0000 0000 00'],
    ['no question', '1234 0100 0000 0000 0000 0000'],
    ['two questions', `1234 0100 0002 0000 0000 0000 ${NAME} 0001 0001 ${NAME} 0001 0001`],
    ['a pointer', '1234 0100 0001 0000 0000 0000 c00c 0001 0001'],
    ['a label past the end', '1234 0100 0001 0000 0000 0000 0561'],
    ['a name without its end', '1234 0100 0001 0000 0000 0000 0161'],
    ['half a type', '1234 0100 0001 0000 0000 0000 0161 00 00'],
    ['256 octets', `1234 0100 0001 0000 0000 0000 ${`3f${'61'.repeat(63)}`.repeat(3)}3f${'61'.repeat(63)}00 0001 0001`],
  ])('%s is no query', (_what, text) => {
    expect(query(text)).toBeUndefined()
  })
})

describe('answers', () => {
  const QUESTION_END = 33
  const answer = (counts: string, records: string, type = 1): AnswerScan | undefined => {
    const bytes = hex(`1234 8180 0001 ${counts} ${NAME} 0001 0001 ${records}`)
    const into = new AnswerScan()
    return scanAnswer(bytes, QUESTION_END, bytes.length, type, into) ? into : undefined
  }
  const A = 'c00c 0001 0001 0000003c 0004 0a000001'
  const ALIAS = 'c00c 0005 0001 0000001e 0002 c010'
  const SOA = `c010 0006 0001 00000e10 0016 00 00 ${'00000001'.repeat(4)} 0000012c`

  test('TTLs, and OPT at the end is left out', () => {
    const scan = answer('0002 0000 0001', `${ALIAS} ${A} 00 0029 1000 01 00 0000 0000`)!
    expect([...scan.ttlAt.subarray(0, scan.ttlCount)]).toEqual([39, 53])
    expect(scan).toMatchObject({ length: 63, additionalCount: 0, rcodeHigh: 1, hasAnswer: true, leastTtl: 30 })
    expect(scan).toMatchObject({ hasOptInside: false, negativeTtl: -1, isSigned: false })
  })

  test('OPT before other records stays', () => {
    const scan = answer('0001 0000 0002', `${A} 00 0029 1000 00 00 0000 0000 ${A}`)!
    expect(scan).toMatchObject({ length: 76, additionalCount: 2, hasOptInside: true })
  })

  test('SOA of an absence: the smaller of its TTL and minimum', () => {
    expect(answer('0000 0001 0000', SOA)).toMatchObject({ negativeTtl: 300, hasAnswer: false })
    expect(answer('0001 0001 0000', `${ALIAS} ${SOA}`)).toMatchObject({
      negativeTtl: 300,
      hasAnswer: false,
      leastTtl: 30,
    })
  })

  test('a TTL with the highest bit counts as zero', () => {
    expect(answer('0001 0000 0000', 'c00c 0001 0001 80000000 0004 0a000001')).toMatchObject({ leastTtl: 0 })
  })

  test('a signed answer says so', () => {
    expect(answer('0001 0000 0001', `${A} 00 00fa 00ff 00000000 0000`)).toMatchObject({ isSigned: true })
  })

  test.each([
    ['fewer records than told', '0002 0000 0000', A],
    ['data past the end', '0001 0000 0000', 'c00c 0001 0001 0000003c 0005 0a000001'],
    ['half a header', '0001 0000 0000', 'c00c 0001 0001 0000'],
    ['two OPT', '0000 0000 0002', `${OPT} ${OPT}`],
    ['OPT among the answers', '0001 0000 0000', OPT],
  ])('%s: malformed', (_what, counts, records) => {
    expect(answer(counts, records)).toBeUndefined()
  })
})
