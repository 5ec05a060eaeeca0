// One entry and lazily loaded chunks: `serve` loads nothing that it does not use. koffi carries a native library that
// it finds beside itself, so it stays in node_modules.
import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'

/** docs/api/client.d.ts is made of the table of operations; the package has it beside the client. */
const declarations = {
  name: 'client-declarations',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'client.d.ts', source: readFileSync('docs/api/client.d.ts', 'utf8') })
  },
}

export default defineConfig({
  input: { securenat: 'src/main.ts', client: 'src/client/client.ts' },
  plugins: [declarations],
  platform: 'node',
  external: ['koffi'],
  output: {
    dir: 'dist',
    format: 'esm',
    banner: (chunk) => (chunk.name === 'securenat' ? '#!/usr/bin/env node' : ''),
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    minify: { compress: true, mangle: false, codegen: true },
  },
})
