// The console with changes shown at once: npm run dev:console, beside a running billkey. Calls go on to that server;
// BILLKEY_PORT says where it is.

import { createServer } from 'vite'

import { consoleBundle } from './console-bundle.ts'

const target = `http://127.0.0.1:${process.env['BILLKEY_PORT'] ?? '8484'}`

const server = await createServer({
  ...consoleBundle,
  server: {
    host: '127.0.0.1',
    port: 8486,
    proxy: { '/console/api': { target, headers: { origin: target }, changeOrigin: true } },
  },
})
await server.listen()
server.printUrls()
