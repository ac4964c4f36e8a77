// GET /openapi.json and the browsable reference at /docs. All of it is served from here: the page may load nothing
// from elsewhere, run nothing inline and be framed by nobody, and its policy makes the browser hold it to that.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import type { FastifyInstance } from 'fastify'

// React sets its styles through the CSSOM, which a policy without 'unsafe-inline' allows; images in the library's
// style sheet are data: URLs.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const page = `<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>billkey API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript><a href="/openapi.json">openapi.json</a></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

// validatorUrl: null, or the library shows a badge that another site draws.
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
})
`

/** Files of swagger-ui-dist that the page needs; nothing else of the package is reachable. */
const libraryFiles = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const

// The files change only with a new version of the server.
const anHour = 'public, max-age=3600'

/** `document` is what `describeApi` gives. */
export function docsRoutes(app: FastifyInstance, document: object): void {
  const json = JSON.stringify(document)
  app.get('/openapi.json', async (_, reply) => reply.type('application/json').send(json))
  app.get('/docs', async (_, reply) =>
    reply
      .header('content-security-policy', contentSecurityPolicy)
      .type('text/html; charset=utf-8')
      .send(page),
  )
  app.get('/docs/start.js', async (_, reply) =>
    reply.type('text/javascript; charset=utf-8').header('cache-control', anHour).send(start),
  )
  const library = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  for (const [name, type] of Object.entries(libraryFiles)) {
    app.get(`/docs/${name}`, async (_, reply) =>
      reply
        .type(type)
        .header('cache-control', anHour)
        .send(await readFile(join(library, name))),
    )
  }
}
