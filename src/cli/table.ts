// Tables as vpncmd prints them: a column of names, a column of values, a line between records.

import type { Language, Text } from './command.ts'

/** A name and its value; a value that is words, not data, comes in both languages. */
export type Row = readonly [Text, string | Text]

const HEADINGS: Row = [
  { en: 'Item', ja: '項目' },
  { en: 'Value', ja: '値' },
]

/** An empty list of records prints as the headings alone. */
export function formatTable(records: readonly (readonly Row[])[], language: Language): string {
  const blocks = [[HEADINGS], ...records].map((record) =>
    record.map(([name, value]) => [name[language], typeof value === 'string' ? value : value[language]] as const),
  )
  const cells = blocks.flat()
  const nameWidth = Math.max(...cells.map(([name]) => displayWidth(name)))
  const valueWidth = Math.max(...cells.map(([, value]) => displayWidth(value)))
  const separator = `${'-'.repeat(nameWidth)}+${'-'.repeat(valueWidth)}`
  return blocks
    .map((block) =>
      block.map(([name, value]) => `${name}${' '.repeat(nameWidth - displayWidth(name))}|${value}`).join('\n'),
    )
    .join(`\n${separator}\n`)
    .concat(records.length === 0 ? `\n${separator}` : '')
}

/** A table of other columns; without any, a list of lines below a title. */
export interface Grid {
  readonly title?: Text
  readonly headings: readonly Text[]
  readonly rows: readonly (readonly (string | Text)[])[]
}

export function formatGrid({ title, headings, rows }: Grid, language: Language): string {
  const lines = [headings, ...rows].map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell[language])))
  const heading = title === undefined ? [] : [title[language]]
  if (headings.length === 0) return [...heading, ...lines.slice(1).map((line) => line.join(''))].join('\n')
  const widths = headings.map((_, i) => Math.max(...lines.map((line) => displayWidth(line[i]!))))
  const [head, ...body] = lines.map((line) =>
    line
      .map((cell, i) => (i === line.length - 1 ? cell : `${cell}${' '.repeat(widths[i]! - displayWidth(cell))}`))
      .join('|'),
  )
  const separator = widths.map((width) => '-'.repeat(width)).join('+')
  return [...heading, head!, separator, ...body].join('\n')
}

/** Columns on a terminal: the letters of Chinese and Japanese take two (Unicode's East Asian Width). */
export function displayWidth(text: string): number {
  let width = 0
  for (const letter of text) width += WIDE.test(letter) ? 2 : 1
  return width
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/
