import assert from 'node:assert/strict'
import { mkdtemp, mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'

import type { FastifyInstance } from 'fastify'

import { closeHttpServer, createHttpServer } from '../http/server.ts'
import { randomIds } from '../primitives/ids.ts'
import { createLogger } from '../telemetry/logger.ts'
import { consoleFiles, hasConsolePages } from './console-files.ts'
import { registerConsole } from './register-console.ts'

let folder: string
let app: FastifyInstance
let url: string
let isBeingBuilt = true

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'billkey-console-'))
  const logger = createLogger({ level: 'silent', destination: new Writable() })
  app = createHttpServer({ logger, ids: randomIds })
  const findSession = async () => undefined
  registerConsole(app, { log: logger, document: {}, findSession, routes: [] })
  consoleFiles(app, { folder: join(folder, 'dist'), isBeingBuilt: () => isBeingBuilt })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})
after(async () => {
  await closeHttpServer(app, 1_000)
  await rm(folder, { recursive: true })
})

const script = 'export const answer = 42\n'.repeat(100)

async function build(index: string): Promise<void> {
  const assets = join(folder, 'dist/assets')
  await mkdir(assets, { recursive: true })
  await writeFile(join(assets, 'main-abc.js'), script)
  await writeFile(join(assets, 'main-abc.js.br'), brotliCompressSync(script))
  await writeFile(join(assets, 'main-abc.js.gz'), gzipSync(script))
  await writeFile(join(assets, 'inter.woff2'), 'font')
  await writeFile(join(folder, 'dist/index.html'), index)
}

describe('before the console is built', () => {
  it('says that it is coming, and asks again by itself', async () => {
    assert.equal(await hasConsolePages(join(folder, 'dist')), false)
    const reply = await fetch(`${url}/console/payments`)
    assert.equal(reply.status, 503)
    assert.match(await reply.text(), /http-equiv="refresh"/)
    assert.match(reply.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
  })

  it('says what to do when nobody is building it', async () => {
    isBeingBuilt = false
    const text = await (await fetch(`${url}/console`)).text()
    assert.match(text, /npm run build:console/)
    assert.doesNotMatch(text, /refresh/)
  })
})

describe('the pages', () => {
  before(() => build('<p nonce="__CSP_NONCE__">__CSP_NONCE__</p>'))

  it('are one page at every address, with a nonce of its own each time', async () => {
    const nonces = new Set<string>()
    for (const path of [
      '/console',
      '/console/',
      '/console/payments/imps_1',
      '/console/index.html',
    ]) {
      const reply = await fetch(url + path)
      assert.equal(reply.status, 200, path)
      assert.equal(reply.headers.get('cache-control'), 'no-store')
      const policy = reply.headers.get('content-security-policy') ?? ''
      const nonce = /style-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
      assert.equal(await reply.text(), `<p nonce="${nonce}">${nonce}</p>`)
      assert.doesNotMatch(policy, /unsafe|https?:|\*/)
      nonces.add(nonce)
    }
    assert.equal(nonces.size, 4)
  })

  it('are another build at once when there is one', async () => {
    await build('second')
    await utimes(join(folder, 'dist/index.html'), new Date(), new Date(Date.now() + 5_000))
    assert.equal(await (await fetch(`${url}/console`)).text(), 'second')
  })

  it('have files that browsers keep, packed as they like it', async () => {
    const sizes = []
    for (const accepted of ['gzip, deflate, br', 'gzip', 'br;q=0, gzip;q=0', 'identity']) {
      const reply = await fetch(`${url}/console/assets/main-abc.js`, {
        headers: { 'accept-encoding': accepted },
      })
      assert.equal(await reply.text(), script)
      assert.equal(reply.headers.get('cache-control'), 'public, max-age=31536000, immutable')
      assert.equal(reply.headers.get('content-type'), 'text/javascript; charset=utf-8')
      assert.equal(reply.headers.get('vary'), 'accept-encoding')
      sizes.push(reply.headers.get('content-encoding'))
    }
    assert.deepEqual(sizes, ['br', 'gzip', null, null])
    const font = await fetch(`${url}/console/assets/inter.woff2`)
    assert.equal(font.headers.get('content-type'), 'font/woff2')
  })

  it('have no file that the build has not made', async () => {
    await writeFile(join(folder, 'secret.txt'), 'secret')
    for (const path of [
      'assets/none.js',
      'assets/..%2f..%2fsecret.txt',
      '..%2fsecret.txt',
      'assets/',
    ]) {
      const reply = await fetch(`${url}/console/${path}`)
      assert.ok(!(await reply.text()).includes('secret'), path)
    }
    assert.equal((await fetch(`${url}/console/assets/none.js`)).status, 404)
  })

  it('leave the API its own answers', async () => {
    const reply = await fetch(`${url}/console/api/nothing`)
    assert.equal(reply.status, 404)
    assert.equal(((await reply.json()) as { error: { code: string } }).error.code, 'not_found')
  })
})
