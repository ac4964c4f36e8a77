// A merchant's receiver of webhooks that answers at once and counts: GET /_count gives how many came.

import { createServer } from 'node:http'

let count = 0

const server = createServer((request, response) => {
  if (request.url === '/_count') {
    response.end(String(count))
    return
  }
  request.on('end', () => {
    count += 1
    response.end('OK')
  })
  request.resume()
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('ready\n'))
