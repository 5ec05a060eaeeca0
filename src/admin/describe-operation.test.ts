// What documents and other encodings are made of: the table as data.

import { describe, expect, test } from 'vitest'
import { describeOperation } from './describe-operation.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'

const all = Object.entries(operations as unknown as Readonly<Record<string, Operation>>).map(([name, row]) =>
  describeOperation(name, row),
)
const described = (name: string) => all.find((each) => each.name === name)!

describe('the table as data', () => {
  test('a field has its type from its suffix, its range, and whether it may be left out', () => {
    const { params } = described('SetSecureNATOption')
    expect(params.find(({ name }) => name === 'RpcHubName_str')).toMatchObject({ type: 'str', isOptional: false })
    expect(params.find(({ name }) => name === 'Mtu_u32')).toMatchObject({
      element: 'Mtu',
      type: 'u32',
      isOptional: true,
      facts: { min: 62, max: 65520 },
    })
    expect(params.find(({ name }) => name === 'NatIcmpMode_str')!.facts!.words).toEqual([
      'auto',
      'real',
      'dummy',
      'off',
    ])
  })

  test('a table has its rows', () => {
    const table = described('EnumDHCP').result.find(({ type }) => type === 'table')!
    expect(table.name).toBe('DhcpTable')
    expect(table.rows.map(({ name }) => name)).toContain('MacAddress_bin')
  })

  test.each(all.map((each) => [each.name, each] as const))('%s is said in both languages and typed', (_name, row) => {
    expect(row.summary.en).toMatch(/^[A-Z].*[^.]$/)
    expect(row.summary.ja).toMatch(/[\u3040-\u9fff]/)
    const parameters = row.params.filter(({ type }) => type !== 'table')
    expect(parameters.filter(({ facts }) => facts === undefined)).toEqual([])
    if (row.permission === 'hub') expect(row.params.map(({ name }) => name)).toContain(row.hubField)
  })
})
