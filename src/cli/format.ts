// Values as vpncmd prints them, in local time and with thousands separators, whatever the locale of this process.

import type { Text } from './command.ts'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const DAYS_JA = ['日', '月', '火', '水', '木', '金', '土'] as const

const YES: Text = { en: 'Yes', ja: 'はい' }
const NO: Text = { en: 'No', ja: 'いいえ' }
export const NONE: Text = { en: 'None', ja: 'なし' }

export function yesNo(value: boolean): Text {
  return value ? YES : NO
}

/** `2026-11-23 (Mon) 12:09:46`, `2026年11月23日(月) 12時09分46秒` */
export function dateWithDay(rpcTime: string): Text {
  const date = new Date(rpcTime)
  const [year, month, day, hours, minutes, seconds] = parts(date)
  return {
    en: `${year}-${month}-${day} (${DAYS[date.getDay()]}) ${hours}:${minutes}:${seconds}`,
    ja: `${year}年${month}月${day}日(${DAYS_JA[date.getDay()]}) ${hours}時${minutes}分${seconds}秒`,
  }
}

/** `2026-11-23 (Mon)`, `2026年11月23日(月)` */
export function dayOnly(rpcTime: string): Text {
  const date = new Date(rpcTime)
  const [year, month, day] = parts(date)
  return {
    en: `${year}-${month}-${day} (${DAYS[date.getDay()]})`,
    ja: `${year}年${month}月${day}日(${DAYS_JA[date.getDay()]})`,
  }
}

/** `2026-11-23 12:09:46` */
export function plainDate(rpcTime: string): string {
  const [year, month, day, hours, minutes, seconds] = parts(new Date(rpcTime))
  return `${year}-${month}-${day} ${hours}:${minutes}:${seconds}`
}

function parts(date: Date): readonly [string, string, string, string, string, string] {
  const two = (value: number): string => String(value).padStart(2, '0')
  return [
    String(date.getFullYear()),
    two(date.getMonth() + 1),
    two(date.getDate()),
    two(date.getHours()),
    two(date.getMinutes()),
    two(date.getSeconds()),
  ]
}

/** `389,001` */
export function thousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** An address, or the word for there being none. */
export function addressOrNone(address: string): string | Text {
  return address === '0.0.0.0' || address === '' ? NONE : address
}

/** The six bytes that the operations give in base64: `00-AC-85-40-B5-50`. */
export function macFromBase64(text: string): string {
  return Array.from(atob(text), (letter) => letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')).join('-')
}

/** `undefined` for what is not a MAC address. */
export function macToBase64(text: string): string | undefined {
  const hex = /^([0-9a-f]{2}[-:]?){5}[0-9a-f]{2}$/i.test(text) ? text.replace(/[-:]/g, '') : ''
  if (hex.length !== 12) return undefined
  return btoa(String.fromCharCode(...(hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))))
}

/** `118 Bytes`, `1.80 KBytes` */
export function fileSize(count: number): string {
  if (count < 1024) return `${count} Bytes`
  const units = ['KBytes', 'MBytes', 'GBytes', 'TBytes']
  let size = count / 1024
  let unit = 0
  for (; size >= 1024 && unit < units.length - 1; unit += 1) size /= 1024
  return `${size.toFixed(2)} ${units[unit]}`
}

/** What the operations say for a time that never was or will be. */
const NEVER = '1970-01-01T09:00:00.000Z'
const NOT_SET: Text = { en: '(None)', ja: '(なし)' }

export function dateOrNone(rpcTime: string): Text {
  return rpcTime === NEVER ? NOT_SET : dateWithDay(rpcTime)
}
