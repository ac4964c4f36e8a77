// Guessing of API secrets is slowed by address and key, and locks nobody else out.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { after, before, test } from 'node:test'
import { text } from 'node:stream/consumers'

import { TestClock } from '../../src/primitives/clock.ts'
import { startTestApp, type TestApp } from '../support/app.ts'

const windowMs = 5 * 60_000
const clock = new TestClock(Date.UTC(2026, 0, 15))
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
})
after(() => app.close())

interface Login {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: { readonly code: number; readonly message: string; readonly response: unknown }
}

async function login(impKey: string, impSecret: string, from = '127.0.0.1'): Promise<Login> {
  const sent = request(`${app.url}/users/getToken`, {
    method: 'POST',
    localAddress: from,
    agent: false,
    headers: { 'content-type': 'application/json' },
  })
  sent.end(JSON.stringify({ imp_key: impKey, imp_secret: impSecret }))
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return {
    status: answer.statusCode ?? 0,
    retryAfter: answer.headers['retry-after'],
    body: JSON.parse(await text(answer)) as Login['body'],
  }
}

async function guess(impKey: string, times: number, from?: string): Promise<number[]> {
  const statuses: number[] = []
  for (let guesses = 0; guesses < times; guesses += 1) {
    statuses.push((await login(impKey, `guess ${guesses}`, from)).status)
  }
  return statuses
}

const refusals = (times: number) => Array.from({ length: times }, () => 401)

test('after ten wrong secrets even the right one waits, with an envelope and Retry-After', async () => {
  const { impKey, impSecret } = await app.addMerchant()
  assert.deepEqual(await guess(impKey, 10), refusals(10))
  clock.advance(60_000)
  const locked = await login(impKey, impSecret)
  assert.equal(locked.status, 429)
  assert.equal(locked.retryAfter, '240')
  assert.equal(locked.body.code, -1)
  assert.match(locked.body.message, /잠시 후 다시 시도/)
  assert.equal(locked.body.response, null)

  clock.advance(windowMs - 60_000)
  assert.equal((await login(impKey, impSecret)).status, 200)
})

test('the same address still gets in with another key', async () => {
  const guessed = await app.addMerchant()
  const other = await app.addMerchant()
  await guess(guessed.impKey, 10)
  assert.equal((await login(guessed.impKey, guessed.impSecret)).status, 429)
  assert.equal((await login(other.impKey, other.impSecret)).status, 200)
  clock.advance(windowMs)
})

test('a right secret forgets the wrong ones before it', async () => {
  const { impKey, impSecret } = await app.addMerchant()
  for (let round = 0; round < 2; round += 1) {
    assert.deepEqual(await guess(impKey, 9), refusals(9))
    assert.equal((await login(impKey, impSecret)).status, 200)
  }
  clock.advance(windowMs)
})

test('a token in use works on while its key is being guessed', async () => {
  const merchant = await app.addMerchant()
  assert.equal((await merchant.call('GET', '/users/pg')).status, 200)
  await guess(merchant.impKey, 11)
  assert.equal((await login(merchant.impKey, merchant.impSecret)).status, 429)
  assert.equal((await merchant.call('GET', '/users/pg')).status, 200)
  clock.advance(windowMs)
})

// Linux answers on the whole of 127.0.0.0/8; other systems on 127.0.0.1 alone, unless told otherwise.
const stranger = '127.0.0.2'
const hasStranger =
  process.platform === 'linux' ||
  Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === stranger),
  )
const skip = hasStranger ? false : `this machine has no address ${stranger}`

test('a stranger who guesses a key does not lock its owner out', { skip }, async () => {
  const { impKey, impSecret } = await app.addMerchant()
  await guess(impKey, 10, stranger)
  assert.equal((await login(impKey, impSecret, stranger)).status, 429)
  assert.equal((await login(impKey, impSecret)).status, 200)
  clock.advance(windowMs)
})

test('one address may guess at many keys only fifty times', { skip }, async () => {
  const { impKey, impSecret } = await app.addMerchant()
  for (let key = 0; key < 50; key += 1) {
    assert.equal((await login(`guessed_${key}`, 'guess', stranger)).status, 401)
  }
  assert.equal((await login(impKey, impSecret, stranger)).status, 429)
  assert.equal((await login(impKey, impSecret)).status, 200)
})
