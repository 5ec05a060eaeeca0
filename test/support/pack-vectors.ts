// Recorded PACKs: bytes beside what they mean.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pack, type PackElement } from '../../src/softether/pack.ts'

export interface PackVector {
  readonly title: string
  readonly bytes: Uint8Array
  readonly pack: Pack
}

interface ElementJson {
  name: string
  type: PackElement['type']
  values: (string | number)[]
}

export function readVectors(file: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, '..', 'vectors', `${file}.json`), 'utf8'))
}

/** Every PACK in a file of vectors, wherever it stands. */
export function packVectors(file: string): PackVector[] {
  const found: PackVector[] = []
  collect(readVectors(file), file, found)
  return found
}

function collect(node: unknown, title: string, found: PackVector[]): void {
  if (typeof node !== 'object' || node === null) return
  const { hex, elements } = node as { hex?: string; elements?: ElementJson[] }
  if (typeof hex === 'string' && Array.isArray(elements)) {
    const pack = new Pack()
    for (const element of elements) pack.add(elementOf(element))
    found.push({ title, bytes: Uint8Array.from(Buffer.from(hex, 'hex')), pack })
  } else {
    for (const [key, value] of Object.entries(node)) {
      const { description, function: name } = (value ?? {}) as { description?: string; function?: string }
      collect(value, `${title} ${description ?? name ?? key}`, found)
    }
  }
}

function elementOf({ name, type, values }: ElementJson): PackElement {
  switch (type) {
    case 'int':
      return { name, type, values: values.map(Number) }
    case 'int64':
      return { name, type, values: values.map(BigInt) }
    case 'data':
      return { name, type, values: values.map((value) => Uint8Array.from(Buffer.from(String(value), 'hex'))) }
    default:
      return { name, type, values: values.map(String) }
  }
}
