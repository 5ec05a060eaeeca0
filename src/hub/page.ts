// A part of a table, for whoever looks at a long one piece by piece: entries before it are only counted, and only its own are
// described.

export interface PageRange {
  /** Rows left out at the beginning. */
  readonly offset: number
  readonly limit: number
}

export interface Page<Row> {
  /** Of the whole table. */
  readonly total: number
  readonly rows: Row[]
}

export const WHOLE_TABLE: PageRange = { offset: 0, limit: Number.POSITIVE_INFINITY }

export function pageOf<Entry, Row>(
  entries: Iterable<Entry>,
  { offset, limit }: PageRange,
  describe: (entry: Entry) => Row,
): Page<Row> {
  const rows: Row[] = []
  let total = 0
  for (const entry of entries) {
    if (total >= offset && rows.length < limit) rows.push(describe(entry))
    total++
  }
  return { total, rows }
}
