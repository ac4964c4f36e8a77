import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import { runSandbox } from './run-sandbox.ts'

test('a start loads nothing that only a first call needs', () => {
  assert.ok(runSandbox, 'all of a sandbox is loaded')
  const { cache } = createRequire(import.meta.url)
  const names = Object.keys(cache).map(
    (file) => /.*[\\/]node_modules[\\/](@.+?[\\/])?[^\\/]+/.exec(file)?.[0],
  )
  const loaded = [...new Set(names)].filter((name) => /[\\/](?:undici|ajv)$/.test(name ?? ''))
  assert.ok(names.some((name) => name?.endsWith('fastify')))
  assert.deepEqual(loaded, [])
})
