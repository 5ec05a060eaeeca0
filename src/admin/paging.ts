// The two parameters by which long tables are read in pieces, and how many rows there are. The original's tools send neither and
// are answered everything.

import * as z from 'zod/mini'
import type { PageRange } from '../hub/page.ts'
import { number, u32 } from './fields.ts'

export const pageParams = { Offset_u32: z.optional(u32), Limit_u32: z.optional(u32) }
/** How many rows the whole table has. */
export const pageResult = { NumItem_u32: number }

interface PageParams {
  readonly Offset_u32?: number | undefined
  readonly Limit_u32?: number | undefined
}

export function rangeOf({
  Offset_u32: offset = 0,
  Limit_u32: limit = Number.POSITIVE_INFINITY,
}: PageParams): PageRange {
  return { offset, limit }
}

export function isWhole({ Offset_u32, Limit_u32 }: PageParams): boolean {
  return Offset_u32 === undefined && Limit_u32 === undefined
}

/** Of rows that are there anyway. */
export function partOf<Row>(rows: readonly Row[], params: PageParams): readonly Row[] {
  const { offset, limit } = rangeOf(params)
  return rows.slice(offset, offset + limit)
}
