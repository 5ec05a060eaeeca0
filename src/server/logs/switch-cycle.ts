// Log files by time: the part of a name that says which second, minute, hour, day or month of local time a file is about.

import type { SwitchCycle } from '../../admin/log-settings.ts'

/** How much of YYYYMMDD_HHMMSS tells two periods apart. */
const STAMP_LEN: Readonly<Record<SwitchCycle, number>> = { none: 0, month: 6, day: 8, hour: 11, minute: 13, second: 15 }

export interface Period {
  /** `20261123`; empty for the cycle `none`. */
  readonly stamp: string
  /** Milliseconds of the Unix epoch: from `start` to just before `end`. */
  readonly start: number
  readonly end: number
}

export function periodAt(epochMs: number, cycle: SwitchCycle): Period {
  if (cycle === 'none') return { stamp: '', start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }
  const date = new Date(epochMs)
  const stamp = formatStamp(date).slice(0, STAMP_LEN[cycle])
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()]
  if (cycle === 'month') return period(stamp, new Date(year, month, 1), new Date(year, month + 1, 1))
  if (cycle === 'day') return period(stamp, new Date(year, month, day), new Date(year, month, day + 1))
  // Within an hour local time runs evenly, whatever the clocks do at its end.
  const length = cycle === 'hour' ? 3_600_000 : cycle === 'minute' ? 60_000 : 1000
  const into = (date.getMinutes() * 60_000 + date.getSeconds() * 1000 + date.getMilliseconds()) % length
  const start = Math.floor(epochMs) - into
  return { stamp, start, end: start + length }
}

/** `20261123_120946` */
export function formatStamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`
  return `${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`
}

function period(stamp: string, start: Date, end: Date): Period {
  return { stamp, start: start.getTime(), end: end.getTime() }
}
