// `--offset` and `--limit` of the commands that print long tables.

import type { ParsedArguments } from './command.ts'
import { optionValue } from './command.ts'
import { compact, option } from './declare.ts'

export const PAGED = {
  options: [
    option('offset', 'N', 'rows to leave out at the beginning', '先頭から読み飛ばす行数'),
    option('limit', 'N', 'rows to print at most (default: all)', '表示する最大行数 (省略時はすべて)'),
  ],
  fields: { Offset_u32: '--offset', Limit_u32: '--limit' },
}

export function pageOf(parsed: ParsedArguments): { readonly Offset_u32?: string; readonly Limit_u32?: string } {
  return compact({ Offset_u32: optionValue(parsed, 'offset'), Limit_u32: optionValue(parsed, 'limit') })
}
