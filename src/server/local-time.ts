// Local time as the logs write it. The date part is remembered: busy logs ask many times within one second.

let cachedSecond = Number.NaN
let cachedText = ''

/** `2026-11-23 12:09:46.123` */
export function formatLocalTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000)
  if (second !== cachedSecond) {
    const date = new Date(epochMs)
    const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')
    cachedText = `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${time}`
    cachedSecond = second
  }
  return `${cachedText}.${String(Math.floor(epochMs) - second * 1000).padStart(3, '0')}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
