// The ceiling of the framework: Fastify as its own introduction shows it, without a log, a schema or a plugin.

import Fastify from 'fastify'

import { answerToPost, readBareAnswers } from './bare-answers.ts'

const { port, payment } = readBareAnswers()
const app = Fastify()
app.get('/', (_request, reply) => reply.send(payment))
app.post('/', (request, reply) => reply.send(answerToPost(request.body)))
await app.listen({ host: '127.0.0.1', port })
process.stdout.write('ready\n')
