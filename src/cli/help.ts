// The help: all commands on one page, or one command with its options, in both languages.

import { usageLine } from './arguments.ts'
import type { CommandSpec, Language } from './command.ts'
import { displayWidth } from './table.ts'

const LINE_WIDTH = 100

const WORDS = {
  usage: { en: 'Usage', ja: '使い方' },
  options: { en: 'Options', ja: 'オプション' },
  programs: { en: 'Programs', ja: 'プログラム' },
  administration: { en: 'Administration of a running server', ja: '実行中のサーバーの管理' },
  prompt: { en: 'The prompt', ja: 'プロンプトの操作' },
  promptMore: {
    en: 'Names are not case-sensitive; options may also be written as vpncmd does: /MTU:1400. What is missing is asked for.\nMore about one command: Help COMMAND',
    ja: '大文字と小文字は区別しません。オプションは vpncmd の形式 (/MTU:1400) でも指定できます。不足している引数は入力を求められます。\n各コマンドの詳細: Help COMMAND',
  },
  more: {
    en: 'Names of commands and options are not case-sensitive; options may also be written as vpncmd does: /MTU:1400.\nMore about one command: securenat COMMAND --help',
    ja: 'コマンド名とオプション名の大文字と小文字は区別しません。オプションは vpncmd の形式 (/MTU:1400) でも指定できます。\n各コマンドの詳細: securenat COMMAND --help',
  },
} as const

/** At the prompt. */
export function formatPromptHelp(
  own: readonly CommandSpec[],
  commands: readonly CommandSpec[],
  language: Language,
): string {
  const width = widthOf([...own, ...commands])
  return [
    `${WORDS.prompt[language]}:\n${list(own, width, language)}`,
    `${WORDS.administration[language]}:\n${list(commands, width, language)}`,
    WORDS.promptMore[language],
  ].join('\n\n')
}

export function formatHelp(
  programs: readonly CommandSpec[],
  commands: readonly CommandSpec[],
  language: Language,
): string {
  const width = widthOf([...programs, ...commands])
  return [
    `${WORDS.usage[language]}: securenat COMMAND [OPTION]…`,
    `${WORDS.programs[language]}:\n${list(programs, width, language)}`,
    `${WORDS.administration[language]}:\n${list(commands, width, language)}`,
    WORDS.more[language],
  ].join('\n\n')
}

function widthOf(specs: readonly CommandSpec[]): number {
  return Math.max(...specs.map((spec) => spec.name.length))
}

function list(specs: readonly CommandSpec[], width: number, language: Language): string {
  return specs.map((spec) => `  ${spec.name.padEnd(width)}  ${spec.summary[language]}`).join('\n')
}

export function formatCommandHelp(spec: CommandSpec, language: Language): string {
  const sections = [`${WORDS.usage[language]}: securenat ${usageLine(spec)}`, `${spec.name}: ${spec.summary[language]}`]
  if (spec.description !== undefined) sections.push(wrap(spec.description[language]))
  const rows = [
    ...(spec.operands ?? []).map((operand) => [operand.name, operand.help[language]] as const),
    ...spec.options.map((option) => {
      const letter = option.letter === undefined ? '' : `-${option.letter}, `
      const value = option.value === undefined ? '' : ` ${option.value}`
      return [`${letter}--${option.name}${value}`, option.help[language]] as const
    }),
  ]
  if (rows.length > 0) {
    const width = Math.max(...rows.map(([name]) => displayWidth(name)))
    const lines = rows.map(([name, help]) => `  ${name}${' '.repeat(width - displayWidth(name))}  ${help}`)
    sections.push(`${WORDS.options[language]}:\n${lines.join('\n')}`)
  }
  return sections.join('\n\n')
}

/** Japanese text may break anywhere and is left to the terminal. */
function wrap(paragraph: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of paragraph.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > LINE_WIDTH) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].join('\n')
}
