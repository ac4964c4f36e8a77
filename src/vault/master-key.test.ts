import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'

import { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { loadMasterKeys, sampleMasterKey } from './master-key.ts'

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'billkey-master-key-'))
})
after(() => rm(directory, { recursive: true }))

interface Given {
  readonly key?: string
  readonly previous?: string
  readonly sandbox?: boolean
  readonly dataDir?: string
}

function load({ key, previous, ...where }: Given) {
  const secretOf = (text: string | undefined) => (text === undefined ? null : new Secret(text))
  const given = { key: secretOf(key), previous: secretOf(previous) }
  return loadMasterKeys({ sandbox: false, dataDir: directory, ...where, ...given })
}

/** The refusal's code; fails if the key was taken, or if the message repeats any of `hidden`. */
async function refusalOf(settings: Given, ...hidden: string[]) {
  const error: unknown = await load(settings).then(
    () => assert.fail('the master key was taken'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof StartupError, inspect(error))
  const shown = inspect(error, { depth: 9, showHidden: true })
  for (const text of hidden) assert.ok(!shown.includes(text), `${text} shows in ${shown}`)
  return error.code
}

// A key whose spelling has both characters in which base64 and base64url differ.
const key = Buffer.from(`fbff${'0123456789abcdeffedcba9876543210'.repeat(2).slice(4)}`, 'hex')
key.writeUInt32BE(0xa7c3_19d4, 8)
const base64 = key.toString('base64')

describe('the master key', () => {
  it('may be spelled in base64 or base64url, with or without padding', async () => {
    assert.match(base64, /[+/]/)
    const spellings: Given[] = [
      { key: base64 },
      { key: base64.replace('=', '') },
      { key: key.toString('base64url') },
      { key: `${key.toString('base64url')}=` },
      { key: ` ${base64}\n` },
    ]
    const ids = new Set<string>()
    for (const spelling of spellings) {
      const keys = await load(spelling)
      ids.add(keys.current.id)
      assert.equal(keys.find(keys.current.id), keys.current)
    }
    assert.equal(ids.size, 1)
  })

  it('is refused unless it is exactly 32 bytes', async () => {
    const wrong = [
      randomBytes(31).toString('base64'),
      randomBytes(33).toString('base64'),
      randomBytes(32).toString('hex'),
      `${base64.slice(0, 20)} ${base64.slice(20)}`,
      `${base64},${base64}`,
      'not a key',
      // Bits in the last character that no 32 bytes can set.
      `${base64.slice(0, 42)}B=`,
      // The two alphabets mixed.
      `+_${base64.slice(2)}`,
    ]
    for (const text of wrong) {
      assert.equal(await refusalOf({ key: text }, text.slice(0, 24)), 'master_key_malformed')
    }
    assert.equal(await refusalOf({ key: base64, previous: 'short' }), 'master_key_malformed')
  })

  it('is refused when it is weak or a sample, except in the sandbox', async () => {
    const weak = [
      Buffer.alloc(32),
      Buffer.alloc(32, 0x5a),
      Buffer.from(Array.from({ length: 32 }, (_, index) => index)),
      Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index)),
      Buffer.from('12345678901234567890123456789012'),
      Buffer.from('correct horse battery staple 32!'),
      Buffer.from('deadbeef'.repeat(8), 'hex'),
    ].map((bytes) => bytes.toString('base64'))
    for (const text of [...weak, sampleMasterKey]) {
      assert.equal(await refusalOf({ key: text }, text), 'master_key_weak')
      await load({ key: text, sandbox: true })
      // Or nobody could rotate away from it.
      await load({ key: base64, previous: text })
    }
  })

  it('takes any key a machine makes', async () => {
    for (let round = 0; round < 200; round += 1) {
      await load({ key: randomBytes(32).toString('base64') })
    }
  })

  it('must be given outside the sandbox', async () => {
    assert.equal(await refusalOf({}), 'master_key_missing')
    assert.deepEqual(await readdir(directory), [])
  })

  it('is made once in the sandbox, readable by its owner alone', async () => {
    const dataDir = join(directory, 'data')
    const starters = [1, 2, 3, 4].map(() => load({ sandbox: true, dataDir }))
    const ids = new Set((await Promise.all(starters)).map(({ current }) => current.id))
    assert.equal(ids.size, 1)
    assert.deepEqual(await readdir(dataDir), ['master.key'])
    const path = join(dataDir, 'master.key')
    assert.equal((await stat(path)).mode & 0o777, 0o600)

    await chmod(path, 0o644)
    const again = await load({ sandbox: true, dataDir })
    assert.ok(ids.has(again.current.id))
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    // Outside the sandbox the same key is taken when it is given.
    const text = await readFile(path, 'utf8')
    assert.ok(ids.has((await load({ key: text })).current.id))
    assert.equal(text.length, 45)

    await writeFile(path, 'x'.repeat(5_000))
    assert.equal(await refusalOf({ sandbox: true, dataDir }), 'master_key_malformed')
    await rm(path)
    await mkdir(path)
    assert.equal(await refusalOf({ sandbox: true, dataDir }), 'master_key_unreadable')
  })

  it('comes with previous keys, which are only there to be found', async () => {
    const old = [randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString('base64'))
    const keys = await load({ key: base64, previous: ` ${old.join(' , ')}, ` })
    for (const text of old) {
      const { current } = await load({ key: text })
      assert.deepEqual(keys.find(current.id)?.wrappingKey.reveal(), current.wrappingKey.reveal())
      assert.notEqual(keys.current.id, current.id)
    }
    assert.equal(keys.find('00000000'), undefined)
  })

  it('gives unrelated bytes for each purpose, and the same ones always', async () => {
    // Made with another implementation (Python cryptography, HKDF-SHA256).
    const keys = await load({ key: sampleMasterKey, sandbox: true })
    assert.equal(keys.current.id, 'a6968863')
    assert.equal(
      keys.deriveKey('access token').toString('hex'),
      '3eba619778b054d8c14999a3edc5d3150e6557e59369c1b30cf03ef6f5942710',
    )
    assert.equal(
      keys.current.wrappingKey.reveal().toString('hex'),
      '368ca46a82d24618856923d853002084456150544abb334455e7caffb843afa1',
    )
    assert.notDeepEqual(keys.deriveKey('another'), keys.deriveKey('access token'))
  })

  it('cannot be printed', async () => {
    const keys = await load({ key: base64, previous: randomBytes(32).toString('base64') })
    const shown = `${inspect(keys, { depth: 9, showHidden: true })} ${JSON.stringify(keys)}`
    for (const secret of [key, keys.current.wrappingKey.reveal()]) {
      for (const form of ['base64', 'base64url', 'hex'] as const) {
        assert.ok(!shown.includes(secret.toString(form).slice(0, 12)), shown)
      }
    }
  })
})
