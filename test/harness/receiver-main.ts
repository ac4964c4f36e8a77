// The merchants' shop as a process of its own: writes down every webhook before it answers, so that its book survives
// a kill −9. `POST /_mode` {"mode": "ok" | "error" | "hang"} makes it a shop in trouble.

import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [, , port = '0', book = 'received.ndjson'] = process.argv
let mode = 'ok'

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8')
    if (request.url === '/_mode') {
      mode = (JSON.parse(body) as { mode: string }).mode
      response.end('{}')
      return
    }
    if (mode === 'hang') return
    if (mode === 'error') {
      response.writeHead(503).end('later')
      return
    }
    const { headers, url } = request
    appendFileSync(book, `${JSON.stringify({ url, headers, body })}\n`)
    response.end('OK')
  })
})
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'))
