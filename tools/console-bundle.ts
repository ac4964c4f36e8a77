// How the console is bundled, for building it and for working on it. There is no vite.config.ts: Vite is started by
// build-console.ts and dev-console.ts.

import { fileURLToPath } from 'node:url'

import react from '@vitejs/plugin-react'
import type { InlineConfig } from 'vite'

export const consoleFolder = fileURLToPath(new URL('../console/', import.meta.url))

/** The server puts a nonce of its own, for each answer, in the place of this text of index.html. */
export const noncePlaceholder = '__CSP_NONCE__'

export const consoleBundle: InlineConfig = {
  configFile: false,
  root: consoleFolder,
  base: '/console/',
  plugins: [react()],
  html: { cspNonce: noncePlaceholder },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Browsers that know light-dark(): rewritten for older ones it would not follow the theme that was chosen.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Nothing but hashed names in there, so that all of it may be kept for ever by browsers.
    assetsDir: 'assets',
    // A policy without `data:` for fonts; and a file is cached, a data URL is not.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
}
