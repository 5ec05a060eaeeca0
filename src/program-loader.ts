// Loads the parts of the bundled program, with V8's code cache where the build left one beside a part.
//
// Compiling what a start needs takes V8 longer than running it, and Node's loader for ECMAScript modules has its own price;
// so the parts are CommonJS, and a cache, made by the build in a start of its own (scripts/code-cache.mjs), saves both.
// A cache is derived and may be missing: V8 refuses one of another version or other flags, and then compiles as ever.
// Node's own modules are loaded when something of them is first used, those excepted that Node has loaded anyway.

import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Script } from 'node:vm'

const CACHE_SUFFIX = '.cache'
const NEEDED_AT_ONCE = new Set(['node:fs', 'node:module', 'node:os', 'node:path', 'node:url'])

export class ProgramLoader {
  readonly #folder: string
  readonly #require: (id: string) => unknown
  readonly #modules = new Map<string, { exports: unknown }>()
  readonly #scripts = new Map<string, Script>()

  constructor(folder: string) {
    this.#folder = folder
    this.#require = createRequire(join(folder, 'program.js'))
  }

  /** The exports of a part, which is run the first time. @param name of its file */
  load(name: string): unknown {
    const known = this.#modules.get(name)
    if (known !== undefined) return known.exports
    const module = { exports: {} }
    // Parts may need one another while they are run.
    this.#modules.set(name, module)
    const filename = join(this.#folder, name)
    const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(filename, 'utf8')}\n})`
    const cachedData = readCache(filename)
    const script = new Script(source, { filename, ...(cachedData && { cachedData }) })
    this.#scripts.set(filename, script)
    const require = (id: string): unknown => (id.startsWith('./') ? this.load(id.slice(2)) : this.#requireLater(id))
    script.runInThisContext()(module.exports, require, module, filename, this.#folder)
    return module.exports
  }

  /** Keeps what V8 has compiled by now of parts that came without a cache, for the next start of whoever may read the program. */
  writeCaches(): void {
    for (const [filename, script] of this.#scripts) {
      if (script.cachedDataRejected === false) continue
      const cache = filename + CACHE_SUFFIX
      writeFileSync(cache, script.createCachedData())
      chmodSync(cache, statSync(filename).mode)
    }
  }

  #requireLater(id: string): unknown {
    if (!id.startsWith('node:') || NEEDED_AT_ONCE.has(id)) return this.#require(id)
    return laterOf(() => this.#require(id) as object)
  }
}

/** Of the part as it is now: V8 itself compares no more than its length. */
function readCache(filename: string): Buffer | undefined {
  const cache = filename + CACHE_SUFFIX
  try {
    return statSync(cache).mtimeMs < statSync(filename).mtimeMs ? undefined : readFileSync(cache)
  } catch {
    return undefined
  }
}

/** Stands for an object that is made when something of it is first asked for. */
function laterOf(make: () => object): object {
  let made: object | undefined
  const real = (): object => (made ??= make())
  return new Proxy(
    {},
    {
      get: (_, key) => Reflect.get(real(), key),
      has: (_, key) => Reflect.has(real(), key),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor(_, key) {
        const descriptor = Reflect.getOwnPropertyDescriptor(real(), key)
        // Of the object that stands for it, which has no properties, none may be said to be fixed.
        return descriptor && { ...descriptor, configurable: true }
      },
    },
  )
}
