import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Lays a compressed file beside each that shrinks by it: while linka serves, it compresses nothing. */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true }) as string[]) {
        const path = join(folder, name);
        if (!statSync(path).isFile()) continue;
        const content = readFileSync(path);
        const smaller = gzipSync(content, { level: 9 });
        if (smaller.length < content.length) writeFileSync(`${path}.gz`, smaller);
      }
    },
  };
}

export default defineConfig({
  plugins: [svelte(), svelteTesting(), compressed()],
  build: {
    target: 'es2022',
    // The content security policy allows nothing that stands in the page itself.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
});
