// The domain search list, option 119: RFC 3397. Names in DNS's form (RFC 1035 section 3.1), compressed among themselves
// (section 4.1.4) with offsets that count from the beginning of the option. An option longer than 255 bytes is one list,
// cut anywhere (RFC 3396): offsets count over the joined bytes.

import { getU8, getU16 } from './bytes.ts'

const LABEL_MAX = 63
const NAME_MAX = 255
const POINTER = 0xc0
const POINTER_OFFSET_MAX = 0x3fff

/** `undefined` when one of them is no domain name. */
export function encodeDomainSearch(names: readonly string[]): Uint8Array | undefined {
  const bytes: number[] = []
  const offsets = new Map<string, number>()
  for (const name of names) {
    const labels = name.split('.')
    if (name.length + 2 > NAME_MAX || labels.some((label) => !isLabel(label))) return undefined
    let ended = false
    for (let index = 0; index < labels.length && !ended; index += 1) {
      const rest = labels.slice(index).join('.').toLowerCase()
      const known = offsets.get(rest)
      if (known !== undefined) {
        bytes.push(POINTER | (known >>> 8), known & 255)
        ended = true
      } else {
        if (bytes.length <= POINTER_OFFSET_MAX) offsets.set(rest, bytes.length)
        const label = labels[index]!
        bytes.push(label.length, ...Array.from(label, (letter) => letter.charCodeAt(0)))
      }
    }
    if (!ended) bytes.push(0)
  }
  return Uint8Array.from(bytes)
}

/** `undefined` when the bytes are no list of names. A pointer may only lead backwards, so that reading ends. */
export function parseDomainSearch(bytes: Uint8Array): string[] | undefined {
  const names: string[] = []
  let at = 0
  while (at < bytes.length) {
    const labels: string[] = []
    let length = 0
    let from = at
    let behind = -1
    for (;;) {
      if (from >= bytes.length) return undefined
      const size = getU8(bytes, from)
      if (size === 0) break
      if ((size & POINTER) === POINTER) {
        if (from + 2 > bytes.length) return undefined
        const target = getU16(bytes, from) & POINTER_OFFSET_MAX
        if (target >= from) return undefined
        if (behind < 0) behind = from + 2
        from = target
        continue
      }
      length += size + 1
      if (size > LABEL_MAX || from + 1 + size > bytes.length || length > NAME_MAX) return undefined
      labels.push(String.fromCharCode(...bytes.subarray(from + 1, from + 1 + size)))
      from += 1 + size
    }
    if (labels.length === 0) return undefined
    names.push(labels.join('.'))
    at = behind < 0 ? from + 1 : behind
  }
  return names
}

function isLabel(label: string): boolean {
  return label.length <= LABEL_MAX && /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?$/.test(label)
}
