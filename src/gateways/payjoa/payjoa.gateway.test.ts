import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createTcpServer } from 'node:net'
import { after, afterEach, describe, it } from 'node:test'

import iconv from 'iconv-lite'

import { TestClock } from '../../primitives/clock.ts'
import { Secret } from '../../primitives/secret.ts'
import {
  approve,
  autoKey,
  byKey,
  cutShort,
  findClosedPort,
  grant,
  type Handler,
  linkKey,
  patient,
  portOf,
  reply,
  startScriptedPg,
  token,
} from './scripted-pg.ts'

const pg = await startScriptedPg()

afterEach(() => pg.reset())
after(() => pg.close())

describe('an exchange on the wire', () => {
  it('asks for a token first, then sends EUC-KR JSON of strings with key and token in headers', async () => {
    const { outcome, exchange } = await pg.gateway().chargeBillingKey(pg.contract(), byKey())
    assert.equal(outcome.kind, 'approved')
    const [ready, execute] = pg.seen
    assert.deepEqual(ready?.fields, { CPID: 'CTS00001', PAYMETHOD: 'CARD-BATCH' })
    assert.equal(ready.url, '/pay/ready')
    for (const seen of [ready, execute]) {
      assert.equal(seen?.headers['content-type'], 'application/json; charset=EUC-KR')
      assert.equal(seen.headers.authorization, linkKey)
    }
    assert.equal(ready.headers['token'], undefined)
    assert.equal(execute?.headers['token'], token)
    assert.equal(execute.url, '/execute/opaque?a=1')
    assert.equal(execute.fields['PRODUCTNAME'], '정기구독')
    assert.ok(execute.bytes.includes(iconv.encode('정기구독', 'cp949')))
    assert.ok(Object.values(execute.fields).every((value) => typeof value === 'string'))
    assert.equal(exchange.method, 'CARD-BATCH')
  })

  it('announces a cancel in both steps', async () => {
    pg.onExecute = (seen, response) =>
      reply(response, { RESULTCODE: '0000', TOKEN: token, AMOUNT: seen.fields['AMOUNT'] ?? '' })
    const { outcome, exchange } = await pg.gateway().cancel(pg.contract(), {
      transactionId: 'CTS25120112000012345',
      takenBy: 'billing_key',
      amountWon: 1_000,
      taxFreeWon: 0,
      reason: '고객 요청',
    })
    assert.equal(outcome.kind, 'approved')
    assert.equal(pg.seen[0]?.fields['CANCELREQ'], 'Y')
    assert.equal(pg.seen[1]?.fields['CANCELREQ'], 'Y')
    assert.equal(exchange.method, 'cancel CARD-BATCH')
  })

  it('uses one kept-alive connection for its two steps and for the next exchange', async () => {
    const gateway = pg.gateway()
    await gateway.chargeBillingKey(pg.contract(), byKey())
    await gateway.chargeBillingKey(pg.contract(), byKey())
    assert.equal(new Set(pg.seen.map(({ socket }) => socket)).size, 1)
    assert.equal(pg.seen.length, 4)
  })

  it('times its steps by the clock it was given', async () => {
    const clock = new TestClock(0)
    pg.onExecute = (seen, response) => {
      clock.advance(70)
      approve(seen, response)
    }
    const { exchange } = await pg.gateway({ clock }).chargeBillingKey(pg.contract(), byKey())
    assert.equal(exchange.ready?.durationMs, 0)
    assert.equal(exchange.execute?.durationMs, 70)
  })

  it('keeps neither key, token nor link key, even where the answer quotes them', async () => {
    pg.onExecute = (_seen, response) =>
      reply(response, {
        RESULTCODE: 'S301',
        ERRORMESSAGE: `키 ${autoKey} 오류 ${linkKey} ${token} 9366-0000-0070-1002`,
        TOKEN: token,
        AUTOKEY: autoKey,
      })
    const answer = await pg.gateway().chargeBillingKey(pg.contract(), byKey())
    assert.equal(answer.outcome.kind, 'declined')
    const kept = JSON.stringify(answer)
    for (const secret of [autoKey, linkKey, token, '9366-0000']) {
      assert.equal(kept.includes(secret), false, secret)
    }
  })

  it('keeps a new key out of its evidence even where the answer breaks off', async () => {
    pg.onExecute = (_seen, response) => {
      response.end(`{"RESULTCODE":"0000","TOKEN":"${token}","AUTOKEY":"C2099ZZ`)
    }
    const card = { number: '1234123412341234', expiry: '203012', birth: '820213' }
    const answer = await pg.gateway().issueBillingKey(pg.contract(), {
      order: byKey().order,
      card: {
        number: new Secret(card.number),
        expiry: new Secret(card.expiry),
        birth: new Secret(card.birth),
        passwordTwoDigits: new Secret('47'),
      },
    })
    assert.equal(answer.outcome.kind, 'unknown')
    const kept = JSON.stringify(answer)
    for (const secret of ['C2099ZZ', ...Object.values(card)]) {
      assert.equal(kept.includes(secret), false, secret)
    }
    assert.ok(kept.includes('123412***1234'))
  })
})

describe('the execute step', () => {
  const unknowns: readonly (readonly [string, string, Handler])[] = [
    ['never answers', 'timeout', () => {}],
    ['answers headers and then nothing', 'timeout', (_seen, response) => response.write('{')],
    ['resets after reading', 'reset', ({ socket }) => socket.resetAndDestroy()],
    ['closes after reading', 'reset', ({ socket }) => socket.end()],
    ['closes within the answer', 'reset', (_seen, response) => cutShort(response)],
    ['answers 500', 'http_status', (_seen, response) => response.writeHead(500).end()],
    [
      'redirects',
      'http_status',
      (_seen, response) => response.writeHead(307, { location: '/execute/again' }).end(),
    ],
    ['answers with HTML', 'unparseable', (_seen, response) => response.end('<html>점검중</html>')],
    ['answers without end', 'unparseable', (_seen, response) => response.end('x'.repeat(100_000))],
    ['speaks no HTTP', 'unparseable', ({ socket }) => socket.end('정상 처리\r\n\r\n')],
    ['answers with nothing', 'unparseable', (_seen, response) => response.end()],
  ]
  for (const [what, cause, handler] of unknowns) {
    it(`is unknown, and was sent once, when the PG ${what}`, async () => {
      pg.onExecute = handler
      const timeouts = cause === 'timeout' ? { ...patient, executeReadMs: 200 } : patient
      const gateway = pg.gateway({ timeouts })
      const { outcome, exchange } = await gateway.chargeBillingKey(pg.contract(), byKey())
      assert.equal(outcome.kind, 'unknown')
      assert.equal(outcome.cause, cause)
      assert.notEqual(exchange.execute, null)
      assert.equal(pg.executed().length, 1)
    })
  }

  it('believes no decline that comes with an HTTP error', async () => {
    pg.onExecute = (_seen, response) => {
      response.statusCode = 400
      reply(response, { RESULTCODE: '9001', ERRORMESSAGE: '필수 파라미터 오류', TOKEN: token })
    }
    const { outcome } = await pg.gateway().chargeBillingKey(pg.contract(), byKey())
    assert.equal(outcome.kind, 'unknown')
    assert.equal(outcome.code, '9001')
  })

  it('works on after a failure, on another connection', async () => {
    const gateway = pg.gateway()
    pg.onExecute = ({ socket }) => socket.resetAndDestroy()
    assert.equal((await gateway.chargeBillingKey(pg.contract(), byKey())).outcome.kind, 'unknown')
    pg.onExecute = null
    assert.equal((await gateway.chargeBillingKey(pg.contract(), byKey())).outcome.kind, 'approved')
  })

  it('is unsent when RETURNURL names a port nobody listens on', async () => {
    const port = await findClosedPort()
    pg.onReady = (_seen, response) =>
      reply(response, { RETURNURL: `http://127.0.0.1:${port}/x`, TOKEN: token })
    const gateway = pg.gateway({ returnUrlHosts: [`127.0.0.1:${port}`] })
    const { outcome } = await gateway.chargeBillingKey(pg.contract(), byKey())
    assert.equal(outcome.kind, 'unsent')
    assert.equal(outcome.cause, 'connect')
  })

  it('reaches another allowed host than the ready step did', async (t) => {
    const other = await startScriptedPg()
    t.after(() => other.close())
    pg.onReady = (_seen, response) =>
      reply(response, { RETURNURL: `${other.url}/execute/opaque`, TOKEN: token })
    const gateway = pg.gateway({ returnUrlHosts: [`127.0.0.1:${other.port}`] })
    const { outcome } = await gateway.chargeBillingKey(pg.contract(), byKey())
    assert.equal(outcome.kind, 'approved')
    assert.equal(other.executed().length, 1)
  })
})

describe('the ready step', () => {
  it('sends the key nowhere outside the allow-list', async (t) => {
    const other = await startScriptedPg()
    t.after(() => other.close())
    pg.onReady = (_seen, response) =>
      reply(response, { RETURNURL: `${other.url}/execute/opaque`, TOKEN: token })
    const { outcome, exchange } = await pg.gateway().chargeBillingKey(pg.contract(), byKey())
    assert.equal(outcome.kind, 'unsent')
    assert.equal(outcome.cause, 'return_url_refused')
    assert.equal(exchange.execute, null)
    assert.equal(other.seen.length + pg.executed().length, 0)
  })

  it('is asked once more after a reset, and never after a time-out', async () => {
    let refusals = 1
    pg.onReady = (seen, response) => {
      refusals -= 1
      if (refusals >= 0) seen.socket.resetAndDestroy()
      else grant(response, pg.url)
    }
    const first = await pg.gateway().chargeBillingKey(pg.contract(), byKey())
    assert.equal(first.outcome.kind, 'approved')
    assert.equal(pg.seen.length, 3)

    pg.seen.length = 0
    pg.onReady = () => {}
    const hasty = pg.gateway({ timeouts: { ...patient, readyReadMs: 200 } })
    const second = await hasty.chargeBillingKey(pg.contract(), byKey())
    assert.equal(second.outcome.kind, 'unsent')
    assert.equal(second.outcome.cause, 'ready_failed')
    assert.equal(pg.seen.length, 1)
  })

  it('ends the call unsent when the PG refuses, with its code and words', async () => {
    pg.onReady = (_seen, response) =>
      reply(response, { RESULTCODE: '9101', ERRORMESSAGE: '등록되지 않은 CPID입니다.' })
    const { outcome } = await pg.gateway().chargeBillingKey(pg.contract(), byKey())
    assert.deepEqual(outcome, {
      kind: 'unsent',
      cause: 'ready_refused',
      code: '9101',
      message: '등록되지 않은 CPID입니다.',
    })
  })

  it('is all a probe does', async () => {
    const answers = await pg.gateway().probe(pg.contract())
    assert.deepEqual(
      answers.map(({ outcome, exchange }) => [outcome.kind, exchange.method]),
      [
        ['approved', 'CARD-SUGI'],
        ['approved', 'CARD-KEYGEN'],
        ['approved', 'CARD-BATCH'],
      ],
    )
    assert.equal(pg.executed().length, 0)
  })

  it('never begins over plain http beyond this machine, or at all unless allowed', async () => {
    for (const [options, baseUrl] of [
      [{ allowPlainHttp: false }, pg.url],
      [{}, 'http://payjoa.example'],
      [{}, 'nonsense'],
    ] as const) {
      const { outcome, exchange } = await pg
        .gateway(options)
        .chargeBillingKey({ ...pg.contract(), baseUrl }, byKey())
      assert.equal(outcome.kind, 'unsent')
      assert.equal(exchange.ready, null)
    }
    assert.equal(pg.seen.length, 0)
  })

  it('is unsent when the connection is accepted and TLS never answers', async () => {
    const silent = createTcpServer(() => {})
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    silent.unref()
    const baseUrl = `https://127.0.0.1:${portOf(silent)}`
    const hasty = pg.gateway({ timeouts: { ...patient, connectMs: 200 } })
    const { outcome } = await hasty.chargeBillingKey({ ...pg.contract(), baseUrl }, byKey())
    assert.equal(outcome.kind, 'unsent')
    assert.equal(outcome.cause, 'connect')
  })
})
