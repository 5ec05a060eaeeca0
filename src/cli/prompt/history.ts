// The lines a person has typed at the prompt, for the next time: a file in the state directory that only its owner reads. It
// holds commands, never passwords: a line loses them, and what is no command at all, perhaps a password typed too early, is not kept.

import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArguments } from '../arguments.ts'
import type { CommandSpec, ParsedArguments } from '../command.ts'
import { isSecret } from '../command.ts'
import type { Word } from './words.ts'
import { splitWords } from './words.ts'

export const HISTORY_LINES_MAX = 1_000
export const HISTORY_LINE_LEN_MAX = 1_024

export class History {
  readonly #path: string
  readonly #specOf: (name: string) => CommandSpec | undefined

  constructor(stateDir: string, specOf: (name: string) => CommandSpec | undefined) {
    this.#path = join(stateDir, 'admin-history')
    this.#specOf = specOf
  }

  /** Newest first. A history that cannot be read is none. */
  load(): string[] {
    try {
      if (!existsSync(this.#path)) return []
      const lines = readFileSync(this.#path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
      const kept = lines.slice(-HISTORY_LINES_MAX)
      if (kept.length < lines.length) writeFileSync(this.#path, `${kept.join('\n')}\n`)
      return kept.reverse()
    } catch {
      return []
    }
  }

  /** What cannot be written is not remembered: the prompt works without. */
  add(line: string): void {
    const kept = withoutSecrets(line, this.#specOf)
    if (kept === undefined || kept.length > HISTORY_LINE_LEN_MAX) return
    try {
      appendFileSync(this.#path, `${kept}\n`, { mode: 0o600 })
      chmodSync(this.#path, 0o600)
    } catch {
      // No directory, or somebody else's.
    }
  }
}

/** @returns `undefined`: nothing of the line may be kept */
export function withoutSecrets(line: string, specOf: (name: string) => CommandSpec | undefined): string | undefined {
  const [first, ...others] = splitWords(line).words
  const spec = first === undefined ? undefined : specOf(first.text)
  if (spec === undefined) return undefined
  const operands = spec.operands ?? []
  if (![...spec.options, ...operands].some(isSecret)) return line.trim()
  let parsed: ParsedArguments
  try {
    const lenient = { ...spec, operands: operands.map((operand) => ({ ...operand, required: false })) }
    parsed = parseArguments(
      lenient,
      others.map(({ text }) => text),
    )
  } catch {
    return undefined
  }
  const secrets = [
    ...spec.options.filter(isSecret).flatMap(({ name }) => parsed.options.get(name) ?? []),
    ...parsed.operands.filter((_, i) => operands[i] !== undefined && isSecret(operands[i])),
  ]
  const tells = ({ text }: Word): boolean =>
    /^(--|\/)[^:=]*password/i.test(text) || secrets.some((secret) => text.includes(secret))
  const kept = others.filter((word) => !tells(word))
  return [first!, ...kept].map(({ start, end }) => line.slice(start, end)).join(' ')
}
