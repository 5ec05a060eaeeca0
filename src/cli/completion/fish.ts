// Completion for fish, with the help of every command and option beside it.

import type { CommandSpec, Language, OptionSpec } from '../command.ts'
import type { Values } from './values.ts'
import { valuesOf } from './values.ts'

const COMPLETE = 'complete -c securenat'

export function fishCompletion(specs: readonly CommandSpec[], language: Language): string {
  const commands = specs.map(({ name, summary }) => {
    return `${COMPLETE} -n __fish_use_subcommand -a ${name} -d ${quote(summary[language])}`
  })
  const head = [
    '# fish completion of securenat; in config.fish: securenat completion fish | source',
    `${COMPLETE} -f`,
    `${COMPLETE} -n __fish_use_subcommand -a help`,
    `${COMPLETE} -n '__fish_seen_subcommand_from help' -a ${quote(specs.map(({ name }) => name).join(' '))}`,
  ]
  return `${[...head, ...commands, ...specs.flatMap((spec) => linesOf(spec, language))].join('\n')}\n`
}

function linesOf(spec: CommandSpec, language: Language): string[] {
  const seen = new Set([spec.name, spec.name.toLowerCase()])
  const start = `${COMPLETE} -n '__fish_seen_subcommand_from ${[...seen].join(' ')}'`
  const operand = spec.operands?.map(({ name, names }) => valuesOf(name, names)).find(({ kind }) => kind !== 'free')
  return [
    ...spec.options.map((option) => `${start} ${optionPart(option, language)}`),
    ...(operand === undefined ? [] : [`${start} ${argument(operand).replace(/^-[rx] /, '')}`]),
    ...(spec.rest === undefined ? [] : [`${start} -a '(__fish_complete_subcommand)'`]),
  ]
}

function optionPart({ name, letter, value, help }: OptionSpec, language: Language): string {
  const names = `-l ${name}${letter === undefined ? '' : ` -s ${letter}`}`
  const given = value === undefined ? '' : ` ${argument(valuesOf(value))}`
  return `${names}${given} -d ${quote(help[language])}`
}

function argument(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `-x -a ${quote(values.words.join(' '))}`
    case 'files':
      return '-r -F'
    case 'directories':
      return "-x -a '(__fish_complete_directories)'"
    case 'free':
      return '-x'
  }
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
