// What a section of securenat.json is, and how every one of them is read: a shape (zod) judges the keys and values, faults are
// gathered with their path, and what the file leaves out has its default.

import type { SettingIssue } from './settings-check.ts'

/** What fills the gaps of a file. */
export interface ConfigDefaults {
  readonly wallClock: () => number
  /** An unsigned 32-bit random number. */
  readonly random: () => number
  /** The domain of this computer (R42), or empty. */
  readonly domainName: string
}

/** One key of a hub and the value behind it. */
export interface Section<T> {
  /** Of a new hub, and of a file without the key. */
  initial(defaults: ConfigDefaults): T
  /** @returns `undefined` with at least one fault in `issues`, or the value; `json` may be `undefined`, then nothing was written */
  parse(json: unknown, path: string, defaults: ConfigDefaults, issues: SettingIssue[]): T | undefined
  /** What is written to the file. */
  format(value: T): unknown
}

interface ShapeIssue {
  readonly code?: string
  readonly message: string
  readonly path: readonly PropertyKey[]
  readonly keys?: readonly string[]
}

export interface Shape<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: readonly ShapeIssue[] } }
}

/** The value in its shape, or `undefined` and its faults in `issues`. */
export function shaped<T>(shape: Shape<T>, json: unknown, path: string, issues: SettingIssue[]): T | undefined {
  const result = shape.safeParse(json)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    const at = issue.path.map(String)
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys ?? []) {
        const keyPath = joined(path, ...at, key)
        issues.push({ path: keyPath, allowed: 'left out (there is no such key)', actual: preview(json, [...at, key]) })
      }
    } else {
      issues.push({ path: joined(path, ...at), allowed: issue.message, actual: preview(json, at) })
    }
  }
  return undefined
}

/** What a key holds; an object without it, or no object at all (which is told elsewhere), counts as empty. */
export function part(json: unknown, key: string): unknown {
  return isRecord(json) && json[key] !== undefined ? json[key] : {}
}

export function joined(...parts: readonly string[]): string {
  return parts.filter((each) => each !== '').join('.') || 'the file'
}

/** What is there now, short enough for a line. */
export function preview(json: unknown, path: readonly string[]): string {
  let value = json
  for (const key of path)
    value = isRecord(value) || Array.isArray(value) ? (value as Record<string, unknown>)[key] : undefined
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** The given values over the initial ones. */
export function merged<T extends object>(initial: T, given: { [K in keyof T]?: T[K] | undefined } | undefined): T {
  const result = { ...initial }
  for (const key of Object.keys(initial) as (keyof T)[]) {
    const value = given?.[key]
    if (value !== undefined) result[key] = value
  }
  return result
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A section whose whole value is one shape with the keys of `T`; every key may be left out. */
export function plainSection<T extends object>(
  shape: Shape<{ [K in keyof T]?: T[K] | undefined }>,
  initial: T,
  format: (value: T) => unknown = (value) => value,
): Section<T> {
  return {
    initial: () => initial,
    parse: (json, path, _defaults, issues) => {
      if (json === undefined) return initial
      const given = shaped(shape, json, path, issues)
      return given && merged(initial, given)
    },
    format,
  }
}
