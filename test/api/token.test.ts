// POST /users/getToken and what its token opens: one live token per key, every way of sending it, its end.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { endToken, revokeApiKey } from '../../src/accounts/accounts.store.ts'
import { createApiKey } from '../../src/accounts/create-api-key.ts'
import { newAct } from '../../src/audit/audit-event.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import {
  callV1,
  startTestApp,
  type TestApp,
  type TestMerchant,
  type V1Reply,
} from '../support/app.ts'
import { encodings } from './orders.ts'
import { assertRefused, responseOf, unauthorized } from './replies.ts'

const secondMs = 1000
const minuteMs = 60_000
const startMs = Date.UTC(2026, 0, 15)
const clock = new TestClock(startMs)
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
})
after(() => app.close())

interface Token {
  readonly access_token: string
  readonly now: number
  readonly expired_at: number
}

type Keys = Pick<TestMerchant, 'impKey' | 'impSecret'>

const login = (body: unknown) => callV1(app.url, 'POST', '/users/getToken', { body })

async function tokenOf({ impKey, impSecret }: Keys): Promise<Token> {
  return responseOf(await login({ imp_key: impKey, imp_secret: impSecret })) as Token
}

/** A harmless call that needs a token. */
function callWith(headers: Record<string, string>, query = ''): Promise<V1Reply> {
  return callV1(app.url, 'GET', `/users/pg${query}`, { headers })
}

async function isOpenedBy(token: string): Promise<boolean> {
  const reply = await callWith({ authorization: token })
  if (reply.status === 200) return true
  assertRefused(reply, unauthorized)
  return false
}

describe('asking for a token', () => {
  test('gives 40 hex characters and two unix seconds half an hour apart, and nothing else', async () => {
    const token = await tokenOf(await app.addMerchant())
    assert.deepEqual(Object.keys(token).sort(), ['access_token', 'expired_at', 'now'])
    assert.match(token.access_token, /^[0-9a-f]{40}$/)
    assert.equal(token.now, Math.floor(clock.now() / secondMs))
    assert.equal(token.expired_at, token.now + 1800)
  })

  for (const { name, encode } of encodings) {
    test(`is understood as ${name}, on a path with a trailing slash too`, async () => {
      const { impKey, impSecret } = app.merchant
      const request = encode({ imp_key: impKey, imp_secret: impSecret })
      for (const path of ['/users/getToken', '/users/getToken/']) {
        const token = responseOf(await callV1(app.url, 'POST', path, request)) as Token
        assert.ok(await isOpenedBy(token.access_token))
      }
    })
  }

  test('answers with a length and in one piece, which an old client depends on', async () => {
    const { impKey, impSecret } = app.merchant
    const reply = await login({ imp_key: impKey, imp_secret: impSecret })
    assert.ok(Number(reply.headers.get('content-length')) > 0)
    assert.equal(reply.headers.get('transfer-encoding'), null)
  })

  test('without imp_key or imp_secret, or with null or nothing in them, is 400 in V1’s words', async () => {
    const missing = {
      status: 400,
      code: -1,
      message: 'imp_key, imp_secret 파라메터가 누락되었습니다.',
    } as const
    const { impKey, impSecret } = app.merchant
    const bodies = [
      undefined,
      {},
      { imp_key: impKey },
      { imp_secret: impSecret },
      { imp_key: null, imp_secret: null },
      { imp_key: impKey, imp_secret: '' },
    ]
    for (const body of bodies) assertRefused(await login(body), missing)
  })

  test('with a wrong key or secret is 401 in V1’s words, the same for both', async () => {
    const wrong = {
      status: 401,
      code: -1,
      message: '인증에 실패하였습니다. API키와 secret을 확인하세요.',
    } as const
    const { impKey, impSecret } = app.merchant
    const other = await app.addMerchant()
    const pairs = [
      [impKey, 'not the secret'],
      ['0000000000000000', impSecret],
      [impKey, other.impSecret],
      [impKey, `${impSecret} `],
      [impKey.toUpperCase(), impSecret.toUpperCase()],
    ]
    for (const [key, secret] of pairs) {
      assertRefused(await login({ imp_key: key, imp_secret: secret }), wrong)
    }
  })

  test('with an object where a text belongs is refused, not read as a text', async () => {
    const reply = await login({ imp_key: { $ne: null }, imp_secret: ['x'] })
    assertRefused(reply, { status: 400, code: -1, message: /imp_key/ })
  })
})

describe('the life of a token', () => {
  test('asking again before its last minute gives the same token and the same end', async () => {
    const merchant = await app.addMerchant()
    const first = await tokenOf(merchant)
    clock.advance(28 * minuteMs)
    const again = await tokenOf(merchant)
    assert.equal(again.access_token, first.access_token)
    assert.equal(again.expired_at, first.expired_at)
    assert.equal(again.now, first.now + 28 * 60)
  })

  test('asking in its last minute extends the same token by five minutes', async () => {
    const merchant = await app.addMerchant()
    const first = await tokenOf(merchant)
    clock.advance(29 * minuteMs + 30 * secondMs)
    const extended = await tokenOf(merchant)
    assert.equal(extended.access_token, first.access_token)
    assert.equal(extended.expired_at, first.expired_at + 300)
    clock.advance(5 * minuteMs)
    assert.ok(await isOpenedBy(first.access_token), 'it lives past its first end')
  })

  test('at its end it opens nothing, and asking gives a new one', async () => {
    const merchant = await app.addMerchant()
    const first = await tokenOf(merchant)
    clock.advance(30 * minuteMs - 1)
    assert.ok(await isOpenedBy(first.access_token), 'it lives until the last millisecond')
    clock.advance(1)
    assert.equal(await isOpenedBy(first.access_token), false)
    const second = await tokenOf(merchant)
    assert.notEqual(second.access_token, first.access_token)
    assert.equal(second.expired_at, second.now + 1800)
    assert.ok(await isOpenedBy(second.access_token))
    assert.equal(await isOpenedBy(first.access_token), false)
  })

  test('twenty callers at once get one token', async () => {
    const merchant = await app.addMerchant()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenOf(merchant)))
    assert.equal(new Set(tokens.map((token) => token.access_token)).size, 1)
    assert.ok(await isOpenedBy(tokens[0]?.access_token ?? ''))
  })

  test('two keys of one merchant have a token each, and both open the same merchant', async () => {
    const merchant = await app.addMerchant()
    const { impKey, impSecret } = await createApiKey(app.parts, merchant.merchantId, {
      actor: 'test',
    })
    const tokens = [
      await tokenOf(merchant),
      await tokenOf({ impKey, impSecret: impSecret.reveal() }),
    ]
    assert.notEqual(tokens[0]?.access_token, tokens[1]?.access_token)
    for (const { access_token: token } of tokens) {
      const channels = responseOf(await callWith({ authorization: token })) as {
        channel_key: string
      }[]
      assert.deepEqual(
        channels.map((channel) => channel.channel_key),
        [merchant.channel.channelKey],
      )
    }
  })

  test('a revoked key gets no new token, and the one it had dies within seconds', async () => {
    const merchant = await app.addMerchant()
    const { access_token: token } = await tokenOf(merchant)
    assert.ok(await isOpenedBy(token))
    await revokeApiKey(
      app.parts.db,
      merchant.merchantId,
      merchant.impKey,
      newAct(app.parts, 'test'),
    )
    assert.equal((await tokenOf(merchant)).access_token, token, 'the token that has ended')
    clock.advance(5 * secondMs)
    const { impKey, impSecret } = merchant
    const refused = await login({ imp_key: impKey, imp_secret: impSecret })
    assertRefused(refused, { status: 401, code: -1, message: /^인증에 실패하였습니다\./ })
    assert.equal(await isOpenedBy(token), false)
  })

  test('a proof that was under way when its key was revoked is not remembered', async () => {
    const { merchantId, impKey, impSecret } = await app.addMerchant()
    const { db, tokens } = app.parts
    const giving = tokens.give(impKey, impSecret)
    tokens.forget(impKey)
    assert.ok((await giving) !== undefined)
    await revokeApiKey(db, merchantId, impKey, newAct(app.parts, 'test'))
    assert.equal(await tokens.give(impKey, impSecret), undefined)
  })

  test('a new secret works at once, and gives another token than the old one did', async () => {
    const merchant = await app.addMerchant()
    const { access_token: token } = await tokenOf(merchant)
    const { merchantId, impKey } = merchant
    await endToken(app.parts.db, merchantId, impKey)
    const renewed = await createApiKey(app.parts, merchantId, { actor: 'test', impKey })
    const impSecret = renewed.impSecret.reveal()
    const other = await tokenOf({ impKey, impSecret })
    assert.notEqual(other.access_token, token)
    clock.advance(5 * secondMs)
    assert.equal(await isOpenedBy(token), false)
    assert.ok(await isOpenedBy(other.access_token))
    const old = await login({ imp_key: impKey, imp_secret: merchant.impSecret })
    assertRefused(old, { status: 401, code: -1, message: /^인증에 실패하였습니다\./ })
  })
})

describe('sending a token', () => {
  test('works raw, as Bearer in any case, as X-ImpTokenHeader and as ?_token=', async () => {
    const { access_token: token } = await tokenOf(app.merchant)
    const spellings: [Record<string, string>, string?][] = [
      [{ authorization: token }],
      [{ authorization: `Bearer ${token}` }],
      [{ authorization: `bearer ${token}` }],
      [{ 'X-ImpTokenHeader': token }],
      [{ 'x-imptokenheader': token }],
      [{}, `?_token=${token}`],
    ]
    for (const [headers, query] of spellings) {
      const reply = await callWith(headers, query)
      assert.equal(reply.status, 200, JSON.stringify([headers, query]))
    }
  })

  test('Authorization wins over the other two, whichever of them is right', async () => {
    const { access_token: token } = await tokenOf(app.merchant)
    const wrong = '0'.repeat(40)
    const right = await callWith(
      { authorization: token, 'x-imptokenheader': wrong },
      `?_token=${wrong}`,
    )
    assert.equal(right.status, 200)
    const overruled = await callWith(
      { authorization: wrong, 'x-imptokenheader': token },
      `?_token=${token}`,
    )
    assertRefused(overruled, unauthorized)
  })

  test('a missing, garbled or invented token is 401 with V1’s challenge', async () => {
    const { access_token: token } = await tokenOf(app.merchant)
    const other = await tokenOf(await app.addMerchant())
    // Another merchant's number before this merchant's secret part.
    const spliced = other.access_token.slice(0, 10) + token.slice(10)
    const headers: Record<string, string>[] = [
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: `Basic ${token}` },
      { authorization: token.toUpperCase() },
      { authorization: token.slice(1) },
      { authorization: `${token}0` },
      { authorization: spliced },
      { 'x-imptokenheader': `Token ${token}` },
    ]
    for (const sent of headers) {
      const reply = await callWith(sent)
      assertRefused(reply, unauthorized)
      assert.equal(reply.headers.get('www-authorize'), 'iamport')
    }
  })

  test('every route but getToken wants one, before it looks at anything else', async () => {
    const routes = [
      ['POST', '/subscribe/payments/onetime'],
      ['POST', '/subscribe/payments/again'],
      ['POST', '/subscribe/customers/c'],
      ['GET', '/subscribe/customers/c'],
      ['DELETE', '/subscribe/customers/c'],
      ['GET', '/subscribe/customers'],
      ['GET', '/subscribe/customers/c/payments'],
      ['GET', '/payments'],
      ['GET', '/payments/imps_000000000000'],
      ['GET', '/payments/find/m'],
      ['GET', '/payments/findAll/m'],
      ['GET', '/payments/status/all'],
      ['GET', '/cards'],
      ['GET', '/cards/366'],
      ['GET', '/banks'],
      ['GET', '/banks/088'],
      ['GET', '/users/pg'],
    ]
    for (const [method = '', path = ''] of routes) {
      const body = method === 'POST' ? '{not json' : undefined
      assertRefused(await callV1(app.url, method, path, { body }), unauthorized)
    }
  })
})
