// The recorded calls of the original's tools, through the table's own fields and back.

import { describe, expect, test } from 'vitest'
import { readVectors } from '../../test/support/pack-vectors.ts'
import { describeOperation, type FieldDescription } from '../admin/describe-operation.ts'
import type { Operation } from '../admin/operation.ts'
import { operations } from '../admin/operations.ts'
import { emitPack, Pack, parsePack } from './pack.ts'
import { packOfResult, paramsOfPack } from './pack-rpc.ts'

interface Call {
  readonly function: string
  readonly response: { readonly hex: string }
}

function packOf({ hex }: Call['response']): Pack {
  return parsePack(Uint8Array.from(Buffer.from(hex, 'hex')))!
}

const recorded = ['admin-rpc', 'admin-securenat'].flatMap((file) => (readVectors(file) as { calls: Call[] }).calls)
const table = new Map(Object.entries(operations as unknown as Readonly<Record<string, Operation>>))
const built = recorded.filter((call) => table.has(call.function) && !packOf(call.response).int('error'))

function field(name: string, type: FieldDescription['type'], more: Partial<FieldDescription> = {}): FieldDescription {
  const element = type === 'table' ? name : name.replace(/_[a-z0-9]+$/, '')
  return { name, element, type, isList: false, isOptional: false, facts: undefined, rows: [], ...more }
}

describe('recorded answers', () => {
  test('there are many of them', () => expect(built.length).toBeGreaterThan(20))

  test.each(built.map((call, index) => [call.function, index, call] as const))('%s (%i)', (name, _, call) => {
    const { result } = describeOperation(name, table.get(name)!)
    const original = packOf(call.response)
    const ours = packOfResult(answerOf(original, result), result)
    for (const element of ours.elements()) {
      const theirs = [...original.elements()].find((other) => other.name.toLowerCase() === element.name.toLowerCase())
      // What the original leaves out reads as zero, and that is what ours says.
      if (theirs === undefined) expect(new Set(element.values.map(isZero)), element.name).toEqual(new Set([true]))
      else expect(element, element.name).toEqual({ ...theirs, name: element.name })
    }
  })
})

/** A result as JSON has it, from its PACK: parameters differ from it in times only, which are numbers there. */
function answerOf(pack: Pack, fields: readonly FieldDescription[]): Record<string, unknown> {
  const values = paramsOfPack(pack, fields)
  const dated = (row: Record<string, unknown>, columns: readonly FieldDescription[]): Record<string, unknown> => {
    const times = columns.filter(({ type, name }) => type === 'dt' && row[name] !== undefined)
    const texts = times.map(({ name }) => [name, new Date((row[name] as number) + 32_400_000).toISOString()])
    return { ...row, ...Object.fromEntries(texts) }
  }
  const tables = fields.filter(({ type }) => type === 'table')
  const rows = tables.map(({ name, rows: columns }) => [
    name,
    (values[name] as Record<string, unknown>[]).map((row) => dated(row, columns)),
  ])
  return { ...dated(values, fields), ...Object.fromEntries(rows) }
}

function isZero(value: unknown): boolean {
  return value instanceof Uint8Array ? value.every((byte) => byte === 0) : value === 0 || value === 0n || value === ''
}

describe('requests', () => {
  test('every type', () => {
    const pack = new Pack()
      .addText('Name', ' x ')
      .addUnicode('Note', '覚え')
      .addInt('Count', 7)
      .addBool('On', true)
      .addInt64('Size', 5_000_000_000n)
      .addTime('At', 1_000_000_000_000)
      .addInt('Ip', 0x01_1e_a8_c0)
      .addData('Key', Uint8Array.of(1, 2, 3))
    const fields = [
      field('Name_str', 'str'),
      field('Note_utf', 'utf'),
      field('Count_u32', 'u32'),
      field('On_bool', 'bool'),
      field('Size_u64', 'u64'),
      field('At_dt', 'dt'),
      field('Ip_ip', 'ip'),
      field('Key_bin', 'bin'),
    ]
    expect(paramsOfPack(parsePack(emitPack(pack))!, fields)).toEqual({
      Name_str: 'x',
      Note_utf: '覚え',
      Count_u32: 7,
      On_bool: true,
      Size_u64: 5_000_000_000,
      At_dt: 999_967_600_000,
      Ip_ip: '192.168.30.1',
      Key_bin: 'AQID',
    })
  })

  test('what is missing is left out where it may be, else zero', () => {
    const fields = [field('A_str', 'str'), field('B_u32', 'u32'), field('C_str', 'str', { isOptional: true })]
    expect(paramsOfPack(new Pack(), fields)).toEqual({ A_str: '', B_u32: 0 })
  })

  test('tables and lists', () => {
    const rows = [field('Id_u32', 'u32'), field('Name_str', 'str')]
    const fields = [
      field('List', 'table', { isList: true, rows }),
      field('Ports_u32', 'u32', { isList: true }),
      field('Empty', 'table', { isList: true, rows: [field('Else_u32', 'u32')] }),
    ]
    const pack = new Pack().addInt('Id', [1, 2]).addText('Name', ['a']).addInt('Ports', [443, 992])
    expect(paramsOfPack(pack, fields)).toEqual({
      List: [
        { Id_u32: 1, Name_str: 'a' },
        { Id_u32: 2, Name_str: '' },
      ],
      Ports_u32: [443, 992],
      Empty: [],
    })
  })
})

test('a table without rows leaves its columns out, or the original rejects the whole PACK', () => {
  const fields = [field('List', 'table', { isList: true, rows: [field('Id_u32', 'u32')] }), field('N_u32', 'u32')]
  const pack = packOfResult({ List: [], N_u32: 3 }, fields)
  expect([...pack.elements()]).toEqual([{ type: 'int', name: 'N', values: [3] }])
})
