// The pages of docs/ that can be checked are: limits and settings are compared with the source.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SERVE } from '../src/cli/programs.ts'
import * as config from '../src/server/config/config.ts'

const ROOT = join(import.meta.dirname, '..')
const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8')

/** Limits that are not of the running server, but of formats and tools. */
const ELSEWHERE = ['os/fd-passing.ts MESSAGE_MAX', 'os/network-interface.ts INTERFACE_NAME_MAX']

interface LimitRow {
  readonly name: string
  readonly numbers: readonly number[]
  readonly file: string
}

function limitRows(): LimitRow[] {
  return [...page('limits.md').matchAll(/^\| `([^`]+)` \| ([^|]+) \| `([^`]+)` \|/gm)].map(([, name, text, file]) => ({
    name: name!,
    numbers: [...text!.matchAll(/(?:^|(?<= to ))[\d,]+(?:\.\d+)?/g)].map(([digits]) =>
      Number(digits.replaceAll(',', '')),
    ),
    file: file!,
  }))
}

/** `MTU_RANGE`, `DEFAULT_LEASE_LIMITS.bindings` */
async function limitValue({ file, name }: LimitRow): Promise<unknown> {
  let value: unknown = await import(join(ROOT, 'src', file))
  for (const part of name.split('.')) value = (value as Record<string, unknown> | undefined)?.[part]
  return value
}

describe('docs/limits.md', () => {
  test.each(limitRows().map((row) => [`${row.file} ${row.name}`, row] as const))('%s', async (_name, row) => {
    const value = await limitValue(row)
    const numbers = typeof value === 'object' ? Object.values(value as object) : [value]
    expect(row.numbers).toEqual(numbers)
  })

  test('no limit of the source is missing', () => {
    const listed = new Set(limitRows().map(({ file, name }) => `${file} ${name.split('.')[0]}`))
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('wire/'))
    const limits = sources.flatMap((file) => {
      const source = readFileSync(join(ROOT, 'src', file), 'utf8')
      return [...source.matchAll(/^export const (\w+_(?:LIMITS?|MAX|RANGE|PER_SECOND))\b/gm)].map(
        ([, name]) => `${file} ${name}`,
      )
    })
    expect(limits.length).toBeGreaterThan(30)
    expect(limits.filter((limit) => !listed.has(limit) && !ELSEWHERE.includes(limit))).toEqual([])
  })
})

describe('docs/configuration.md', () => {
  const text = page('configuration.md')

  test('shows the file that the first start writes', () => {
    const defaults = { wallClock: () => Date.UTC(2026, 10, 23, 12), random: () => 0x8540b550, domainName: '' }
    const shown = /```json\n([\s\S]*?)```/.exec(text)?.[1]
    expect(shown).toBe(config.formatConfig(config.initialConfig('en', defaults)))
  })

  test('explains every key of the file', () => {
    const keys = new Set(
      [
        ...config
          .formatConfig(config.initialConfig('en', { wallClock: Date.now, random: () => 1, domainName: '' }))
          .matchAll(/"(\w+)":/g),
      ].map(([, key]) => key!),
    )
    keys.delete('DEFAULT')
    expect([...keys].filter((key) => !new RegExp(`^\\| \`(\\w+\\.)*${key}\``, 'm').test(text))).toEqual([])
  })

  test('explains every option of serve', () => {
    expect(SERVE.options.filter(({ name }) => !text.includes(`\`--${name}`)).map(({ name }) => name)).toEqual([])
  })
})
