// What the Tab key offers at the prompt: commands, their options, the words a value may be, files, and the names of hubs, users,
// groups, sessions, cascades and connections that the server has at this moment.

import { readdirSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import type { CommandSpec, NameKind, OptionSpec } from '../command.ts'
import { wordsOf } from '../completion/values.ts'
import { quoted, splitWords } from './words.ts'

export interface CompletionSource {
  readonly specs: readonly CommandSpec[]
  names(kind: NameKind): Promise<readonly string[]>
}

interface Slot {
  /** `--mtu` takes `BYTES`. */
  readonly value: string
  readonly names?: NameKind
}

/** @param line up to the cursor. @returns what the last word could become, and that word */
export async function complete(line: string, source: CompletionSource): Promise<[string[], string]> {
  const { words } = splitWords(line)
  const last = words.at(-1)
  const isNew = last === undefined || last.end < line.length
  const typed = isNew ? '' : line.slice(last.start)
  const before = (isNew ? words : words.slice(0, -1)).map(({ text }) => text)
  const candidates = await candidatesFor(before, typed, source)
  return [candidates.filter((candidate) => candidate.toLowerCase().startsWith(typed.toLowerCase())), typed]
}

async function candidatesFor(
  before: readonly string[],
  typed: string,
  source: CompletionSource,
): Promise<readonly string[]> {
  if (before.length === 0) return source.specs.map(({ name }) => `${name} `)
  const spec = source.specs.find(({ name }) => name.toLowerCase() === before[0]!.toLowerCase())
  if (spec === undefined) return []
  // `/GROUP:st` and `--group=st` carry their value along.
  const joined = /^(?:--([^=]+)=|\/([^:]+):)/.exec(typed)
  if (joined !== null) {
    const option = optionNamed(spec, joined[1] ?? joined[2]!)
    const values =
      option?.value === undefined ? [] : await valuesOf(option as Slot, typed.slice(joined[0].length), source)
    return values.map((value) => `${joined[0]}${value}`)
  }
  const previous = /^--(.+)$/.exec(before.at(-1)!)
  const option = previous === null ? undefined : optionNamed(spec, previous[1]!)
  if (option?.value !== undefined) return valuesOf(option as Slot, typed, source)
  if (typed.startsWith('-')) return spec.options.map(({ name }) => `--${name} `)
  const operand = spec.operands?.[operandsOf(spec, before)]
  const values = operand === undefined ? [] : await valuesOf({ ...operand, value: operand.name }, typed, source)
  return typed.startsWith('/') ? [...values, ...spec.options.map(slashForm)] : values
}

function optionNamed(spec: CommandSpec, name: string): OptionSpec | undefined {
  const wanted = name.toLowerCase().replaceAll('-', '')
  return spec.options.find((option) => option.name.replaceAll('-', '') === wanted || option.slash === wanted)
}

function slashForm({ name, slash, value }: OptionSpec): string {
  return `/${(slash ?? name.replaceAll('-', '')).toUpperCase()}${value === undefined ? ' ' : ':'}`
}

/** How many operands stand in the words already. */
function operandsOf(spec: CommandSpec, before: readonly string[]): number {
  let count = 0
  for (let i = 1; i < before.length; i += 1) {
    const option = /^--([^=]+)$/.exec(before[i]!)
    if (option !== null && optionNamed(spec, option[1]!)?.value !== undefined) i += 1
    else if (!/^[-/]/.test(before[i]!)) count += 1
  }
  return count
}

async function valuesOf({ value, names }: Slot, typed: string, source: CompletionSource): Promise<readonly string[]> {
  const words = wordsOf(value)
  if (names !== undefined) return [...(await source.names(names)).map(quoted), ...words].map((word) => `${word} `)
  return value === 'FILE' ? filesFor(typed) : words.map((word) => `${word} `)
}

function filesFor(typed: string): string[] {
  const folder = typed.endsWith(sep) || typed === '' ? typed || '.' : dirname(typed)
  const hidden = basename(typed).startsWith('.')
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => hidden || !name.startsWith('.'))
      .map((entry) => {
        const path = folder === '.' && !typed.startsWith('.') ? entry.name : join(folder, entry.name)
        return entry.isDirectory() ? `${path}${sep}` : `${path} `
      })
  } catch {
    return []
  }
}
