import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import { startServerUnderTest } from './server-under-test.ts'

/** Compilers stand on ajv. */
function hasLoadedCompilers(): boolean {
  const { cache } = createRequire(import.meta.url)
  return Object.keys(cache).some((file) => /[\\/]node_modules[\\/]ajv[\\/]/.test(file))
}

test('a server that listens has loaded no compiler; its first answer loads the one it needs', async () => {
  const { app } = startServerUnderTest()
  await app.ready()
  assert.equal(hasLoadedCompilers(), false)
  const reply = await app.inject({
    method: 'POST',
    url: '/users/getToken',
    payload: { imp_key: 'a', imp_secret: 'b' },
  })
  assert.equal(reply.statusCode, 200)
  assert.equal(hasLoadedCompilers(), true)
  await app.close()
})

test('a route that wants Fastify to read what comes in is refused at the start', async () => {
  const { app } = startServerUnderTest()
  app.post('/odd', { schema: { body: { type: 'object' } } }, async () => '')
  await assert.rejects(async () => app.ready(), /read it in the route instead/)
})
