// Figures of repetitions, and what may be said of them.

export interface Figure {
  readonly median: number
  readonly min: number
  readonly max: number
  /** Repetitions it rests on. */
  readonly count: number
  /** No repetition was free of disturbance, so it rests on disturbed ones. */
  readonly isDisturbed: boolean
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]!
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** Disturbed values count only where there is no other. */
export function figureOf(values: readonly { value: number; isDisturbed: boolean }[]): Figure | undefined {
  const finite = values.filter(({ value }) => Number.isFinite(value))
  const clean = finite.filter(({ isDisturbed }) => !isDisturbed)
  const used = (clean.length > 0 ? clean : finite).map(({ value }) => value)
  if (used.length === 0) return undefined
  return {
    median: median(used),
    min: Math.min(...used),
    max: Math.max(...used),
    count: used.length,
    isDisturbed: clean.length === 0,
  }
}
