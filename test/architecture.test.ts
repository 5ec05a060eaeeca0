// Who may import whom, read from the import lines of src. A failing edge is named by the test.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Folder → folders it may import from. `types:` allows `import type` alone. main.ts ties everything. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: [],
  stack: ['base', 'wire'],
  hub: ['base', 'wire'],
  nat: ['stack', 'wire'],
  securenat: ['base', 'nat', 'stack', 'wire', 'types:hub'],
  os: ['wire'],
  link: ['wire', 'os', 'types:hub'],
  accounts: ['wire', 'types:hub'],
  admin: ['wire', 'hub', 'securenat', 'accounts', 'types:nat'],
  softether: ['wire', 'hub', 'link', 'accounts', 'admin'],
  server: ['base', 'wire', 'stack', 'hub', 'nat', 'securenat', 'os', 'link', 'accounts', 'admin', 'softether'],
  guest: ['wire', 'hub', 'link', 'os', 'softether', 'server'],
  cli: ['wire', 'types:admin'],
  client: ['types:admin'],
  '.': ['cli', 'server', 'guest'],
}
/** Single files that may import more than their folder. */
const ALLOWED_FILES: readonly { file: RegExp; folder: string }[] = [{ file: /^nat\/linux-/, folder: 'os' }]
const NODE_FOLDERS = ['os', 'link', 'accounts', 'softether', 'server', 'guest', 'cli', 'client', '.']
const NODE_FILES = ['nat/os-sockets.ts']
/** npm package → the files that may load it. */
const PACKAGES: Readonly<Record<string, RegExp>> = { 'zod/mini': /^(server|admin)\//, koffi: /^os\/libc\.ts$/ }

interface Edge {
  readonly from: string
  readonly to: string
  readonly isTypeOnly: boolean
}

const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
const sources = new Map(files.map((file) => [file, readFileSync(join(ROOT, 'src', file), 'utf8')]))
const STATIC = /^import\s(?:(type)\s)?(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm
const DYNAMIC = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g

function edgesOf(file: string, source: string): Edge[] {
  const named = [...source.matchAll(STATIC)].map(([, type, to]) => ({ to: to!, isTypeOnly: type !== undefined }))
  const dynamic = [...source.matchAll(DYNAMIC)].map(([, to]) => ({ to: to!, isTypeOnly: false }))
  return [...named, ...dynamic].map(({ to, isTypeOnly }) => ({
    from: file,
    to: to.startsWith('.') ? posix.join(dirname(file), to) : to,
    isTypeOnly,
  }))
}

const edges = [...sources].flatMap(([file, source]) => edgesOf(file, source))
const show = ({ from, to, isTypeOnly }: Edge): string => `${from} -> ${to}${isTypeOnly ? ' (type)' : ''}`
const folderOf = (file: string): string => file.split('/').slice(0, -1)[0] ?? '.'

describe('architecture', () => {
  test('every folder of src has its rules, and the import lines are read', () => {
    expect(files.map(folderOf).filter((folder) => !(folder in ALLOWED))).toEqual([])
    expect(edges.map(show)).toContain('hub/hub.ts -> hub/port.ts (type)')
  })

  test('folders import only what lies below them', () => {
    const forbidden = edges.filter(({ from, to, isTypeOnly }) => {
      if (!sources.has(to)) return false
      const [own, other] = [folderOf(from), folderOf(to)]
      const more = ALLOWED_FILES.filter(({ file }) => file.test(from)).map(({ folder }) => folder)
      const allowed = [...(ALLOWED[own] ?? []), ...more]
      return own !== other && !allowed.includes(other) && !(isTypeOnly && allowed.includes(`types:${other}`))
    })
    expect(forbidden.map(show)).toEqual([])
  })

  test('Node.js and packages are used only where they belong', () => {
    const forbidden = edges.filter(({ from, to }) => {
      if (sources.has(to) || to.endsWith('package.json')) return false
      if (to.startsWith('node:')) return !NODE_FOLDERS.includes(folderOf(from)) && !NODE_FILES.includes(from)
      return !(PACKAGES[to]?.test(from) ?? false)
    })
    expect(forbidden.map(show)).toEqual([])
    expect(files.filter((file) => /['"]koffi['"]/.test(sources.get(file)!))).toEqual(['os/libc.ts'])
  })

  test('there is no cycle, not even of types', () => {
    const done = new Set<string>()
    const visit = (file: string, path: readonly string[]): string | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(' -> ')
      if (done.has(file)) return undefined
      for (const { from, to } of edges) {
        const cycle = from === file && sources.has(to) ? visit(to, [...path, file]) : undefined
        if (cycle !== undefined) return cycle
      }
      done.add(file)
      return undefined
    }
    expect(files.map((file) => visit(file, [])).filter((cycle) => cycle !== undefined)).toEqual([])
  })

  test('there are no barrels: nothing is exported that comes from another file', () => {
    expect(files.filter((file) => /(^|\/)index\.ts$/.test(file))).toEqual([])
    expect(
      files.filter((file) => /^export\s+(type\s+)?(\{[^}]*\}|\*(\s+as\s+\w+)?)\s+from\s/m.test(sources.get(file)!)),
    ).toEqual([])
  })
})
