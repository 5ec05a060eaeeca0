// Completion for zsh, with the help of every command and option beside it.

import type { CommandSpec, Language, OperandSpec, OptionSpec } from '../command.ts'
import type { Values } from './values.ts'
import { valuesOf } from './values.ts'

export function zshCompletion(specs: readonly CommandSpec[], language: Language): string {
  const commands = specs.map(({ name, summary }) => `    ${quote(`${name}:${summary[language]}`)}`)
  return `#compdef securenat
# zsh completion of securenat; as a file _securenat in a directory of $fpath, or: source <(securenat completion zsh)

_securenat() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${commands.join('\n')}
  )
  _arguments -C '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe -t commands command commands -M 'm:{a-zA-Z}={A-Za-z}' ;;
    arguments)
      case \${words[1]:l} in
        help) _describe -t commands command commands -M 'm:{a-zA-Z}={A-Za-z}' ;;
${specs.map((spec) => commandCase(spec, language)).join('\n')}
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _securenat ]]; then
  _securenat "$@"
else
  compdef _securenat securenat
fi
`
}

function commandCase(spec: CommandSpec, language: Language): string {
  const parts = [
    ...spec.options.map((option) => optionPart(option, language)),
    ...(spec.operands ?? []).map((operand, i) => operandPart(operand, i + 1, language)),
    ...(spec.rest === undefined ? [] : ["'*::command:_normal'"]),
  ]
  const lines = parts.map((part) => `            ${part}`).join(' \\\n')
  return `        ${spec.name.toLowerCase()})\n          _arguments \\\n${lines}\n          ;;`
}

function optionPart({ name, value, repeatable, help }: OptionSpec, language: Language): string {
  const shown = `${repeatable === true ? '*' : ''}--${name}[${escaped(help[language])}]`
  return quote(value === undefined ? shown : `${shown}:${escaped(value)}:${action(valuesOf(value))}`)
}

function operandPart({ name, required, names, help }: OperandSpec, position: number, language: Language): string {
  return quote(`${position}:${required ? '' : ':'}${escaped(help[language])}:${action(valuesOf(name, names))}`)
}

function action(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `(${values.words.join(' ')})`
    case 'files':
      return '_files'
    case 'directories':
      return '_files -/'
    case 'free':
      return ' '
  }
}

function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
