// The commands of the PAYJOA guide, as a person pastes them: with the real curl, through a shell.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

import { call, type Ledger, readLedger } from '../support/sandbox-api.ts'
import {
  makePlace,
  npmStart,
  type Place,
  type SandboxProcess,
  startSandbox,
} from '../support/sandbox-process.ts'

const execFileAsync = promisify(execFile)

let place: Place
let sandbox: SandboxProcess

before(async () => {
  await execFileAsync('curl', ['--version']).catch(() => {
    assert.fail("these tests run the guide's commands: install curl (.ci/run does)")
  })
  place = await makePlace()
  sandbox = await startSandbox({ dataDir: `${place.path}/data`, command: npmStart })
})

after(async () => {
  await sandbox?.stop()
  await place?.remove()
})

interface PaymentAnswer {
  readonly code: number
  readonly message: string | null
  readonly response: {
    readonly imp_uid: string
    readonly merchant_uid: string
    readonly customer_uid: string | null
    readonly status: string
    readonly amount: number
    readonly pg_tid: string
  }
}

/** Pastes a command into a shell. */
async function paste(command: string): Promise<PaymentAnswer> {
  const { stdout } = await execFileAsync('/bin/sh', ['-c', command])
  return JSON.parse(stdout) as PaymentAnswer
}

async function pasteAll(commands: readonly string[]): Promise<PaymentAnswer[]> {
  const answers: PaymentAnswer[] = []
  for (const command of commands) answers.push(await paste(command))
  return answers
}

/** What was added to the ledger meanwhile. */
async function newEntries(earlier: Ledger): Promise<Ledger['entries']> {
  return (await readLedger(sandbox)).entries.slice(earlier.entries.length)
}

const duplicateMessage =
  '이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)'

test('the four commands, exactly as printed, pay three times and issue two keys', async () => {
  assert.equal(sandbox.commands.length, 4)
  const answers = await pasteAll(sandbox.commands)
  assert.deepEqual(
    answers.map(({ code, message }) => ({ code, message })),
    Array.from({ length: 4 }, () => ({ code: 0, message: null })),
  )
  const [onetime, customer, first, again] = answers.map(({ response }) => response)
  assert.ok(onetime && customer && first && again)
  for (const { status, amount } of [onetime, first, again]) {
    assert.deepEqual({ status, amount }, { status: 'paid', amount: 3000 })
  }
  assert.equal(customer.customer_uid, 'your-customer-unique-id')

  const { entries, totals } = await readLedger(sandbox)
  assert.deepEqual(
    entries.map(({ kind, amount }) => [kind, amount]),
    [
      ['approval', 3000],
      ['key_issue', 0],
      ['key_issue', 0],
      ['approval', 3000],
      ['approval', 3000],
    ],
  )
  const approvals = entries.filter(({ kind }) => kind === 'approval')
  assert.deepEqual(
    approvals.map(({ orderno, daoutrx }) => [orderno, daoutrx]),
    [onetime, first, again].map(({ imp_uid: impUid, pg_tid: pgTid }) => [impUid, pgTid]),
  )
  // §2 stores no card; §4 and §5 charge by the key that §4 issued.
  assert.deepEqual(
    approvals.map(({ autokeySha256 }) => autokeySha256),
    [null, entries[2]?.autokeySha256, entries[2]?.autokeySha256],
  )
  assert.notEqual(entries[1]?.autokeySha256, entries[2]?.autokeySha256)
  assert.equal(new Set(entries.map(({ orderno }) => orderno)).size, entries.length)
  assert.deepEqual([totals.declines, totals.cancels, totals.repeatedOrders], [0, 0, 0])
})

test('commands pasted twice charge nothing twice', async () => {
  const earlier = await readLedger(sandbox)
  const [onetime, customer, first, again] = await pasteAll(sandbox.commands)
  for (const answer of [onetime, first, again]) {
    const { code, message, response } = answer as PaymentAnswer
    assert.deepEqual(
      { code, message, response },
      { code: -1, message: duplicateMessage, response: null },
    )
  }
  assert.equal(customer?.code, 0)
  assert.deepEqual(
    (await newEntries(earlier)).map(({ kind }) => kind),
    ['key_issue'],
  )
})

// As in the guide, spaces included. It gives all three payments one merchant_uid.
const guideBodies = {
  onetime:
    '{"merchant_uid":"order_id_8237352", "card_number":"1234-1234-1234-1234", "expiry":"2019-01", "birth":"123456", "amount":3000}',
  customer:
    '{"card_number":"1234-1234-1234-1234", "expiry":"2025-12", "birth":"820213", "pwd_2digit":"00"}',
  first:
    '{"customer_uid":"your-customer-unique-id", "merchant_uid":"order_id_8237352", "card_number":"1234-1234-1234-1234", "expiry":"2019-01", "birth":"123456", "amount":3000, "pwd_2digit":"00"}',
  again:
    '{"customer_uid":"your-customer-unique-id", "merchant_uid":"order_id_8237352", "amount":3000}',
} as const

test("the guide's own bodies are accepted, and their one order is paid once", async () => {
  const earlier = await readLedger(sandbox)
  const send = (path: string, body: string) =>
    paste(
      `curl -H "Content-Type: application/json" -H "Authorization: ${sandbox.token}" \\\n` +
        `     -X POST -d '${body}' \\\n     ${sandbox.apiUrl}${path}`,
    )
  const onetime = await send('/subscribe/payments/onetime', guideBodies.onetime)
  assert.equal(onetime.response.status, 'paid')
  const customer = await send('/subscribe/customers/your-customer-unique-id', guideBodies.customer)
  assert.equal(customer.code, 0)
  for (const [path, body] of [
    ['/subscribe/payments/onetime', guideBodies.first],
    ['/subscribe/payments/again', guideBodies.again],
  ] as const) {
    const { code, message, response } = await send(path, body)
    assert.deepEqual([code, message, response], [-1, duplicateMessage, null])
  }
  const added = await newEntries(earlier)
  assert.deepEqual(
    added.map(({ kind, amount }) => [kind, amount]),
    [
      ['approval', 3000],
      ['key_issue', 0],
    ],
  )
  assert.equal(added[0]?.orderno, onetime.response.imp_uid)
})

test('without a token the commands are refused and nothing reaches PAYJOA', async () => {
  const earlier = await readLedger(sandbox)
  for (const command of sandbox.commands) {
    const answer = await paste(command.replace(/ -H "Authorization: \w+"/, ''))
    assert.deepEqual([answer.code, answer.response], [-1, null])
  }
  assert.deepEqual(await newEntries(earlier), [])
})

test('the printed key pair is worth a token', async () => {
  const pair = { imp_key: sandbox.impKey, imp_secret: sandbox.impSecret }
  const { response } = await call({ ...sandbox, token: '' }, 'POST', '/users/getToken', pair)
  assert.equal((response as { access_token: string }).access_token, sandbox.token)
})
