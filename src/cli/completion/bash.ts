// Completion for bash. Names of commands are completed in whatever case they are typed.

import type { CommandSpec, OptionSpec } from '../command.ts'
import type { Values } from './values.ts'
import { valuesOf } from './values.ts'

const HEAD = `# bash completion of securenat; in ~/.bashrc: source <(securenat completion bash)

_securenat_words() {
  local word
  for word in $1; do
    [[ \${word,,} == "\${current,,}"* ]] && COMPREPLY+=("$word")
  done
}

_securenat_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}
`

export function bashCompletion(specs: readonly CommandSpec[], common: readonly OptionSpec[]): string {
  const withValue = common.filter(({ value }) => value !== undefined).map(({ name }) => `--${name}`)
  const names = specs.map(({ name }) => name).join(' ')
  return `${HEAD}
_securenat() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= options= i
  COMPREPLY=()
  # bash has split --option=value at the sign.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${withValue.join(' | ')}) ((i++)) ;;
      -*) ;;
      *)
        command=\${COMP_WORDS[i],,}
        break
        ;;
    esac
  done
  case $command in
    '')
      case $previous in
${valueCases(common, 8)}
      esac
      if [[ $current == -* ]]; then
        options='${optionWords(common)}'
      else
        _securenat_words '${names} help version'
      fi
      ;;
    help) _securenat_words '${names}' ;;
${specs.map(commandCase).join('\n')}
  esac
  [[ $current == -* ]] && _securenat_words "$options"
}

complete -F _securenat securenat
`
}

function commandCase(spec: CommandSpec): string {
  const operand = spec.operands?.map(({ name, names }) => action(valuesOf(name, names))).find((found) => found !== '')
  const lines = [
    `    ${spec.name.toLowerCase()})`,
    '      case $previous in',
    valueCases(spec.options, 8),
    '      esac',
    `      options='${optionWords(spec.options)}'`,
  ]
  if (operand !== undefined) lines.push('      if [[ $current != -* ]]; then', `        ${operand}`, '      fi')
  if (spec.rest !== undefined)
    lines.push('      [[ $current != -* ]] && mapfile -t COMPREPLY < <(compgen -c -- "$current")')
  return [...lines, '      ;;'].filter((line) => line !== '').join('\n')
}

function valueCases(options: readonly OptionSpec[], indent: number): string {
  const space = ' '.repeat(indent)
  return options
    .filter(({ value }) => value !== undefined)
    .map(({ name, value }) => {
      const found = action(valuesOf(value!))
      return `${space}--${name})${found === '' ? '' : ` ${found};`} return ;;`
    })
    .join('\n')
}

function action(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `_securenat_words '${values.words.join(' ')}'`
    case 'files':
      return '_securenat_files -f'
    case 'directories':
      return '_securenat_files -d'
    case 'free':
      return ''
  }
}

function optionWords(options: readonly OptionSpec[]): string {
  return options.map(({ name }) => `--${name}`).join(' ')
}
