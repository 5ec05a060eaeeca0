// One entry and lazily loaded chunks: `serve` loads nothing that it does not use. koffi carries a native library that
// it finds beside itself, so it stays in node_modules.
import { defineConfig } from 'rolldown'

export default defineConfig({
  input: { securenat: 'src/main.ts' },
  platform: 'node',
  external: ['koffi'],
  output: {
    dir: 'dist',
    format: 'esm',
    banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    minify: { compress: true, mangle: false, codegen: true },
  },
})
