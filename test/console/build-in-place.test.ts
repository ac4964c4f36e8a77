// Builds of the console that end at the same time, under a server that goes on serving: whoever asks gets one whole
// build or another.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, before, describe, it } from 'node:test'

import type { FastifyInstance } from 'fastify'

import { consoleFiles } from '../../src/console/console-files.ts'
import { closeHttpServer, createHttpServer } from '../../src/http/server.ts'
import { randomIds } from '../../src/primitives/ids.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { putInPlace } from '../../tools/put-in-place.ts'

let folder: string
let dist: string
let app: FastifyInstance
let url: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'billkey-build-'))
  dist = join(folder, 'dist')
  const logger = createLogger({ level: 'silent', destination: new Writable() })
  app = createHttpServer({ logger, ids: randomIds })
  consoleFiles(app, { folder: dist, isBeingBuilt: () => false })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})
after(async () => {
  await closeHttpServer(app, 1_000)
  await rm(folder, { recursive: true })
})

/** A build of five scripts that names them all. */
async function build(name: string): Promise<void> {
  const made = join(folder, name)
  const scripts = Array.from({ length: 5 }, (_, index) => `assets/part-${index}-${name}.js`)
  await mkdir(join(made, 'assets'), { recursive: true })
  for (const script of scripts) await writeFile(join(made, script), `export default '${name}'\n`)
  await writeFile(join(made, 'index.html'), scripts.join('\n'))
  await putInPlace(made, dist, Date.now())
}

async function get(path: string) {
  const reply = await fetch(`${url}/console${path}`)
  return { status: reply.status, text: await reply.text() }
}

describe('builds that end side by side', () => {
  it('are each served whole, and never neither', async () => {
    await build('first')
    const state = { isOver: false }
    const builders = [0, 1].map(async (builder) => {
      for (let round = 0; round < 8; round += 1) await build(`of-${builder}-${round}`)
    })
    const over = Promise.all(builders).finally(() => (state.isOver = true))
    const seen = new Set<string>()
    while (!state.isOver) {
      const index = await get('')
      assert.equal(index.status, 200)
      const scripts = index.text.split('\n')
      assert.equal(scripts.length, 5)
      for (const script of scripts) {
        const { status, text } = await get(`/${script}`)
        assert.equal(status, 200, script)
        assert.ok(script.endsWith(`-${/'(.*)'/.exec(text)?.[1] ?? ''}.js`))
      }
      seen.add(index.text)
    }
    await over
    assert.ok(seen.size > 1)
  })

  it('leave what open pages may still ask for, and take away what is older', async () => {
    await build('older')
    const aged = new Date(Date.now() - 25 * 3_600_000)
    for (const name of await readdir(join(dist, 'assets'))) {
      if (name.endsWith('-older.js')) await utimes(join(dist, 'assets', name), aged, aged)
    }
    await build('newer')
    await build('newest')
    assert.equal((await get('/assets/part-0-older.js')).status, 404)
    assert.equal((await get('/assets/part-0-newer.js')).status, 200)
    assert.equal((await get('/assets/part-0-newest.js')).status, 200)
  })
})
