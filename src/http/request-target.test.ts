import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { responseOf, send, startServerUnderTest } from './server-under-test.ts'

const { app } = startServerUnderTest()
after(() => app.close())

const again = '/subscribe/payments/again'
const charge = { customer_uid: 'c', merchant_uid: 'm', amount: 1000 }

describe('paths', () => {
  test('trailing, doubled and empty segments reach the route without a redirect', async () => {
    for (const url of [
      '/payments/find/m1',
      '/payments/find/m1/',
      '/payments/find/m1//',
      '//payments/find/m1/?',
    ]) {
      assert.deepEqual(await responseOf(app, { method: 'GET', url }), { merchant_uid: 'm1' }, url)
    }
    const withStatus = await responseOf(app, { method: 'GET', url: '/payments/find/m1/paid/' })
    assert.deepEqual(withStatus, { merchant_uid: 'm1', payment_status: 'paid' })
    assert.equal(
      (await send(app, { method: 'POST', url: `${again}/`, payload: charge })).answer.statusCode,
      200,
    )
  })

  const uids: Record<string, string> = {
    'a+b': 'a b',
    'a%20b': 'a b',
    'a%2Bb': 'a+b',
    'a%2bb': 'a+b',
    '%EC%A3%BC%EB%AC%B8': '주문',
    'a%2Fb': 'a/b',
    'a%252Fb': 'a%2Fb',
    'a%26b%3Dc%3F': 'a&b=c?',
    'a:b@c': 'a:b@c',
    '%5B1%5D': '[1]',
  }
  for (const [written, meant] of Object.entries(uids)) {
    test(`${written} in a path means ${meant}`, async () => {
      const url = `/payments/find/${written}?x=1+1`
      assert.deepEqual(await responseOf(app, { method: 'GET', url }), { merchant_uid: meant })
    })
  }

  test('malformed percent-encoding in the path is 400, in the query it is kept', async () => {
    for (const url of ['/payments/%E0%A4%A', '/payments/%', '/payments/%zz', '/%ff']) {
      const { answer, envelope } = await send(app, { method: 'GET', url })
      assert.equal(answer.statusCode, 400, url)
      assert.equal(envelope.code, -1)
      assert.equal(answer.headers['content-type'], 'application/json; charset=UTF-8')
    }
    const { answer } = await send(app, { method: 'GET', url: '/payments/x?a=%zz%' })
    assert.equal(answer.statusCode, 200)
  })

  test('an unknown path is 404 in an envelope', async () => {
    const { answer, envelope } = await send(app, { method: 'POST', url: '/nowhere', payload: {} })
    assert.equal(answer.statusCode, 404)
    assert.deepEqual(envelope, { code: -1, message: '존재하지 않는 API입니다.', response: null })
  })

  test('a wrong method is 405 and says which are right', async () => {
    const { answer, envelope } = await send(app, { method: 'PUT', url: '/subscribe/customers/x/' })
    assert.equal(answer.statusCode, 405)
    assert.equal(answer.headers['allow'], 'DELETE, GET, HEAD, OPTIONS')
    assert.equal(envelope.code, -1)
  })

  test('OPTIONS tells the methods, HEAD is a GET without a body', async () => {
    const options = await app.inject({ method: 'OPTIONS', url: '/users/getToken' })
    assert.equal(options.statusCode, 204)
    assert.equal(options.headers['allow'], 'POST, OPTIONS')
    assert.equal((await app.inject({ method: 'OPTIONS', url: '/nowhere' })).statusCode, 404)
    const head = await app.inject({ method: 'HEAD', url: '/whoami' })
    assert.equal(head.statusCode, 200)
    assert.equal(head.body, '')
  })
})
