// The ceiling of the runtime: node:http and nothing else.

import { createServer, type ServerResponse } from 'node:http'

import { answerToPost, readBareAnswers } from './bare-answers.ts'

const { port, payment } = readBareAnswers()

function answer(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

const server = createServer((request, response) => {
  if (request.method === 'GET') return answer(response, payment)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    answer(response, answerToPost(JSON.parse(Buffer.concat(chunks).toString('utf8'))))
  })
})
server.listen(port, '127.0.0.1', () => process.stdout.write('ready\n'))
