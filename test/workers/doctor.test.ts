// `billkey doctor` names what an operator has to look at: money whose whereabouts nobody knows, and merchants who
// are told nothing.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { sealKeyUse } from '../../src/audit/seal-key-use.ts'
import { signChains } from '../../src/audit/sign-chains.ts'
import { systemClock } from '../../src/primitives/clock.ts'
import { cancel } from '../faults/cancel-checks.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { type CommandRunner, startCommandRunner } from '../support/command-runner.ts'
import { openShop, type Shop } from './webhook-shop.ts'

let shop: Shop
let commands: CommandRunner

before(async () => {
  shop = await openShop()
  const { databaseUrl, masterKey } = shop.app.parts.config
  commands = startCommandRunner({
    DATABASE_URL: databaseUrl?.reveal() ?? '',
    BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
    BILLKEY_LOG_LEVEL: 'error',
  })
})
after(async () => {
  await commands.close()
  await shop.close()
})

/** What a worker would have done: the shop has none. */
async function keepTrail(): Promise<void> {
  while ((await sealKeyUse({ ...shop.app.parts, clock: systemClock })) > 0);
  await signChains(shop.app.parts)
}

/** Of the shop. The database of tests is not durable, which is complained of too, and rightly. */
async function complaints(): Promise<string[]> {
  const { code, stdout } = await commands.run('doctor')
  const found = stdout.split('\n').filter((line) => line.startsWith('MEND'))
  assert.equal(code, found.length === 0 ? 0 : 1, stdout)
  return found.filter((line) => !line.includes('durable commits'))
}

test('a merchant with nothing to mend is found good', async () => {
  await shop.setEndpoint()
  await keepTrail()
  assert.deepEqual(await complaints(), [])
})

test('a trail that no worker signs is named', async () => {
  await shop.setEndpoint({ sendsFailures: true })
  const [complaint = '', ...others] = await complaints()
  assert.match(
    complaint,
    /^MEND {2}test: the audit trail is broken or not sealed \(events from \d+ on are not signed/,
  )
  assert.deepEqual(others, [])
})

test('a cancel whose outcome is unknown is named', async () => {
  const impUid = await shop.pay()
  await orderFault(shop.app, { fault: 'answer_lost' })
  const reply = await cancel(shop.merchant, { imp_uid: impUid, amount: 1_000 })
  assert.equal(reply.headers.get('billkey-outcome'), 'unknown')
  await keepTrail()
  const [complaint = '', ...others] = await complaints()
  assert.match(complaint, /: 1 cancels with an unknown outcome: billkey payment unknown$/)
  assert.deepEqual(others, [])
})

test('a paused webhook endpoint is named, with the command that ends the pause', async () => {
  shop.receiver.answer(410)
  await shop.deliver()
  const named = (await complaints()).filter((line) => line.includes('webhook'))
  assert.equal(named.length, 1)
  assert.match(named[0] ?? '', /is paused: billkey webhooks endpoint resume --mode sandbox$/)
})
