// Command-line arguments, in the conventional form (`--mtu 1400`, `--mtu=1400`, `-v`) and in vpncmd's (`/MTU:1400`).
// Option names are compared without case and without dashes inside, so that each name has one spelling in the tables.

import type { CommandSpec, OptionSpec, ParsedArguments } from './command.ts'
import { UsageError } from './command.ts'

/** vpncmd's form is a slash, letters, and a colon or the end; anything longer with slashes is somebody's path. */
const SLASH_FORM = /^\/([A-Za-z][A-Za-z0-9]*)(?::(.*))?$/s
const DASH_FORM = /^--([A-Za-z][A-Za-z0-9-]*)(?:=(.*))?$/s
const LETTER_FORM = /^-([A-Za-z])$/

/** @throws UsageError with a sentence that says what would be right */
export function parseArguments(spec: CommandSpec, argv: readonly string[]): ParsedArguments {
  const options = new Map<string, string[]>()
  const operands: string[] = []
  let rest: string[] = []
  for (let i = 0; i < argv.length; i += 1) {
    const argument = argv[i]!
    if (argument === '--') {
      rest = argv.slice(i + 1)
      break
    }
    const match = DASH_FORM.exec(argument) ?? SLASH_FORM.exec(argument) ?? LETTER_FORM.exec(argument)
    if (match === null) {
      if (argument.startsWith('-') && argument !== '-') throw new UsageError(unknownOption(spec, argument, argument))
      operands.push(argument)
      continue
    }
    const option = findOption(spec, match[1]!, argument.startsWith('/'))
    if (option === undefined) throw new UsageError(unknownOption(spec, argument, match[1]!))
    const value = match[2]
    if (option.value === undefined) {
      if (value !== undefined && value !== '') throw new UsageError(`${spec.name}: --${option.name} takes no value`)
      options.set(option.name, [''])
      continue
    }
    // A value may look like an option (`--mtu -1`): it is for the command to say what is wrong with it.
    const given = value ?? argv[i + 1]
    if (given === undefined || (value === undefined && given === '--')) {
      throw new UsageError(`${spec.name}: --${option.name} needs a value: --${option.name} ${option.value}`)
    }
    if (value === undefined) i += 1
    const values = options.get(option.name)
    if (values === undefined) options.set(option.name, [given])
    else if (option.repeatable === true) values.push(given)
    else throw new UsageError(`${spec.name}: --${option.name} is given twice`)
  }
  checkOperands(spec, operands, rest)
  return { options, operands, rest }
}

function checkOperands(spec: CommandSpec, operands: readonly string[], rest: readonly string[]): void {
  const expected = spec.operands ?? []
  const surplus = operands[expected.length]
  if (surplus !== undefined) {
    const hint = spec.rest === undefined ? '' : `; the command to run comes after --`
    throw new UsageError(`${spec.name}: unexpected argument "${surplus}"${hint}`)
  }
  const missing = expected[operands.length]
  if (missing?.required === true) throw new UsageError(`${spec.name}: ${missing.name} is missing: ${usageLine(spec)}`)
  if (rest.length > 0 && spec.rest === undefined) throw new UsageError(`${spec.name}: nothing may follow --`)
}

function findOption(spec: CommandSpec, given: string, isSlash: boolean): OptionSpec | undefined {
  const wanted = withoutDashes(given)
  const original = isSlash ? spec.options.find(({ slash }) => slash === wanted) : undefined
  if (original !== undefined) return original
  return spec.options.find((option) => withoutDashes(option.name) === wanted || option.letter === given)
}

function withoutDashes(name: string): string {
  return name.toLowerCase().replaceAll('-', '')
}

function unknownOption(spec: CommandSpec, argument: string, name: string): string {
  const near = nearest(
    name,
    spec.options.map((option) => option.name),
  )
  const hint = near === undefined ? `see: securenat ${spec.name} --help` : `did you mean --${near}?`
  return `${spec.name}: unknown option ${argument}; ${hint}`
}

/** `NatSet [--mtu BYTES] …` */
export function usageLine(spec: CommandSpec): string {
  const parts = [spec.name]
  for (const operand of spec.operands ?? []) parts.push(operand.required ? operand.name : `[${operand.name}]`)
  for (const option of spec.options) {
    const form = option.value === undefined ? `--${option.name}` : `--${option.name} ${option.value}`
    const isNeeded = option.required === true
    parts.push(`${isNeeded ? form : `[${form}]`}${option.repeatable === true ? '…' : ''}`)
  }
  if (spec.rest !== undefined) parts.push(`-- ${spec.rest}`)
  return parts.join(' ')
}

/** The candidate that is at most a third of its letters, rounded up, away, if there is one. */
export function nearest(given: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = editDistance(given.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance && distance <= Math.ceil(candidate.length / 3)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substitution, previous[j]! + 1, row[j - 1]! + 1))
    }
    previous = row
  }
  return previous[b.length]!
}
