// What a value can be, as far as its name in the tables says: `yes|no`, `NAME|none`, FILE, DIR.

import type { NameKind } from '../command.ts'

export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'files' | 'directories' | 'free' }

/** @param value its name; `names` says that it is one of the server's */
export function valuesOf(value: string, names?: NameKind): Values {
  if (names !== undefined && !value.includes('|')) return { kind: 'free' }
  if (value === 'FILE') return { kind: 'files' }
  if (value === 'DIR') return { kind: 'directories' }
  const words = wordsOf(value)
  return words.length === 0 ? { kind: 'free' } : { kind: 'words', words }
}

/** What stands for itself: words in small letters, beside each other. */
export function wordsOf(value: string): string[] {
  const parts = value.split('|')
  return parts.length < 2 ? [] : parts.filter((word) => /^[a-z][A-Za-z0-9-]*$/.test(word))
}
