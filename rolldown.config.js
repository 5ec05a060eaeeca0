// The program: a small entry (dist/securenat.cjs) that loads lazily split parts (dist/program), so that `serve` loads nothing
// that it does not use. What the packet path is made of is one part: a call from part to part costs more than one within.
// koffi carries a native library that it finds beside itself, so it stays in node_modules. And the client for other programs.
import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'

const PACKET_PATH = /[\\/]src[\\/](wire|stack|hub|nat|securenat|os|link)[\\/]/

/** docs/api/client.d.ts is made of the table of operations; the package has it beside the client. */
const declarations = {
  name: 'client-declarations',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'client.d.ts', source: readFileSync('docs/api/client.d.ts', 'utf8') })
  },
}

const minify = { compress: true, mangle: false, codegen: true }
const platform = 'node'

export default defineConfig([
  {
    input: { main: 'src/main.ts' },
    platform,
    external: ['koffi'],
    output: {
      dir: 'dist/program',
      cleanDir: true,
      format: 'cjs',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      codeSplitting: { groups: [{ name: 'packet-path', test: PACKET_PATH }] },
      dynamicImportInCjs: false,
      minify,
    },
  },
  {
    input: { securenat: 'src/entry.ts' },
    platform,
    output: { dir: 'dist', format: 'cjs', banner: '#!/usr/bin/env node', entryFileNames: '[name].cjs', minify },
  },
  {
    input: { client: 'src/client/client.ts' },
    platform,
    plugins: [declarations],
    output: { dir: 'dist', format: 'esm', minify },
  },
])
