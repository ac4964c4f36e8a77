// No secret gets out: a whole run with recognisable secrets, in this process and in one of its own, and then a
// search for them in everything that was logged, stored, answered or written to standard error.

import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { after, before, suite, test } from 'node:test'

import { syntheticContracts } from '../../simulator/contracts.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import {
  type Canary,
  canaryCardNumber,
  dumpDatabase,
  findCanaries,
  type Place,
} from '../support/canaries.ts'
import { canariesOf, type Heard, metricsToken, runWithCanaries, type Stage } from './canary-run.ts'
import { type ServeProcess, startServeProcess } from './serve-process.ts'
import { startWireTap, type WireTap } from './wire-tap.ts'

const cpid = 'CTS00777'
const linkKey = randomBytes(32).toString('hex')
const masterKey = randomBytes(32).toString('base64')

function newCard() {
  return {
    number: canaryCardNumber('9366', true),
    expiry: '2041-07',
    birth: `53${String(randomInt(1, 13)).padStart(2, '0')}${randomInt(10, 29)}`,
    password: String(randomInt(11, 99)),
    // A word in place of digits: nothing looks at it, and it cannot be mistaken.
    cvc: `cvc${randomInt(10_000, 99_999)}`,
  }
}

suite('no secret gets out', () => {
  let app: TestApp
  let tap: WireTap
  let served: ServeProcess
  let canaries: readonly Canary[]
  let dump: readonly Place[]
  const runs: { readonly stage: Stage; readonly heard: Heard }[] = []

  before(async () => {
    const [everything] = syntheticContracts
    assert.ok(everything !== undefined)
    const contracts = [{ ...everything, cpid, linkKey }]
    app = await startTestApp({
      logLevel: 'trace',
      environment: { BILLKEY_MASTER_KEY: masterKey, BILLKEY_METRICS_TOKEN: metricsToken },
      simulator: { contracts },
      channel: { pgId: cpid, linkKey: new Secret(linkKey) },
    })
    tap = await startWireTap(app.simulator.url)
    await app.parts.db.query({ name: null, text: 'update channels set base_url = $1' }, [tap.url])
    served = await startServeProcess(app, masterKey, { BILLKEY_LOG_LEVEL: 'trace' })
    for (const url of [app.url, served.url]) {
      const stage: Stage = {
        app,
        tap,
        url,
        card: newCard(),
        wrongNumber: canaryCardNumber('9366', false),
        wrongSecret: randomBytes(40).toString('hex'),
      }
      runs.push({ stage, heard: await runWithCanaries(stage) })
    }
    await served.stop()
    dump = await dumpDatabase(app.parts.config.databaseUrl?.reveal() ?? '')
    canaries = [
      ...runs.flatMap(({ stage, heard }) => canariesOf(stage, heard)),
      { name: 'link key', value: linkKey, kind: 'secret' },
      { name: 'master key', value: masterKey, kind: 'secret' },
    ]
  })
  after(async () => {
    await served?.stop()
    await app?.close()
    await tap?.close()
  })

  function assertNone(places: readonly Place[]): void {
    assert.deepEqual(findCanaries(canaries, places), [])
  }

  test('the secrets really were on their way, and the PG made some of its own', () => {
    const sent = tap.sent()
    for (const { stage } of runs) {
      const { number, expiry, birth, password } = stage.card
      assert.ok(sent.includes(`"CARDNO":"${number}"`))
      assert.ok(sent.includes(`"EXPIREDT":"${expiry.replace('-', '')}"`))
      assert.ok(sent.includes(`"CARDAUTH":"${birth}"`))
      assert.ok(sent.includes(`"CARDPASSWORD":"${password}"`))
      assert.ok(sent.includes(stage.wrongNumber))
    }
    assert.ok(sent.includes(linkKey))
    const keys = tap.handedOut().filter((secret) => /^C\d{4}/.test(secret))
    assert.ok(keys.length >= 10, `${keys.length} keys`)
    assert.ok(sent.includes(`"AUTOKEY":"${keys[0]}"`) || sent.includes(`"AUTOKEY":"${keys[1]}"`))
  })

  test('nor in the log, at its finest level', () => {
    const text = app.logged()
    assert.ok(
      text.includes('"level":"error"') && text.includes('"route":"/subscribe/payments/onetime"'),
    )
    assertNone([{ name: 'log', text }])
  })

  test('nor in what a process of its own writes to its log and to standard error', () => {
    assert.ok(served.stdout().includes('"route":"/subscribe/payments/onetime"'))
    assertNone([
      { name: 'standard output', text: served.stdout() },
      { name: 'standard error', text: served.stderr() },
    ])
  })

  test('nor in any row of any table', () => {
    const rows = new Map(dump.map(({ name, text }) => [name, text.split('\n').length - 1]))
    for (const table of [
      'payments',
      'exchanges',
      'billing_keys',
      'pending_billing_keys',
      'channels',
    ]) {
      assert.ok((rows.get(`table public.${table}`) ?? 0) > 0, `${table} is empty`)
    }
    assertNone(dump)
  })

  test('nor in any answer, its headers included', () => {
    const places = runs.flatMap(({ heard }) => heard.places)
    assert.ok(places.length > 200, `${places.length} answers`)
    // Searched as one text, which is faster; an excerpt shows which answer it was.
    const text = places.map(({ name, text }) => `${name}\n${text}`).join('\n\n')
    assertNone([{ name: 'answers', text }])
  })

  test('nor in the ledger of the PG that was told them', () => {
    const text = JSON.stringify(app.simulator.ledger())
    assert.ok(text.includes('"kind":"key_issue"'))
    assertNone([{ name: 'ledger', text }])
  })

  test('and what was meant to be kept is there: masks, ids and words', () => {
    const exchanges = dump.find(({ name }) => name === 'table public.exchanges')?.text ?? ''
    for (const { stage } of runs) {
      const { number } = stage.card
      assert.ok(exchanges.includes(`${number.slice(0, 6)}***${number.slice(-4)}`))
    }
    assert.ok(exchanges.includes('"AUTOKEY": "***"'))
    assert.ok(exchanges.includes('거절'))
  })

  test('the net over this run catches a leak into its log, its tables and its answers', async () => {
    const url = app.parts.config.databaseUrl?.reveal() ?? ''
    await app.parts.db.query({ name: null, text: 'create table scratch (leak text)' })
    for (const canary of canaries) {
      const { value, near } = canary
      const leak = near === undefined ? value : `${near[0]}=${value}`
      await app.parts.db.query({ name: null, text: 'insert into scratch values ($1)' }, [leak])
      const places = [{ name: 'log', text: `${app.logged()}${JSON.stringify({ leak })}` }]
      assert.equal(findCanaries([canary], places)[0]?.place, 'log', canary.name)
    }
    const scratch = (await dumpDatabase(url)).filter(({ name }) => name === 'table public.scratch')
    for (const canary of canaries) {
      assert.notDeepEqual(findCanaries([canary], scratch), [], canary.name)
    }
  })

  test('the books of the run agree with the ledger', () =>
    assertBooksAgree(app.parts, app.simulator.ledger()))
})
