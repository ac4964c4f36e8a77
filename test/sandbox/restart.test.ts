// A second start goes on where the first one stopped.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { call, mustPay, readLedger, statusOf } from '../support/sandbox-api.ts'
import {
  makePlace,
  type Place,
  type SandboxProcess,
  startSandbox,
} from '../support/sandbox-process.ts'

let place: Place
let dataDir: string

before(async () => {
  place = await makePlace()
  dataDir = `${place.path}/data`
})

after(() => place?.remove())

async function withSandbox<T>(
  env: Record<string, string>,
  work: (sandbox: SandboxProcess) => Promise<T>,
): Promise<T> {
  const sandbox = await startSandbox({ dataDir, env })
  try {
    return await work(sandbox)
  } finally {
    await sandbox.stop()
  }
}

async function tokenOf(
  apiUrl: string,
  pair: { readonly impKey: string; readonly impSecret: string },
): Promise<string | undefined> {
  const body = { imp_key: pair.impKey, imp_secret: pair.impSecret }
  const { response } = await call({ apiUrl, token: '' }, 'POST', '/users/getToken', body)
  return (response as { access_token: string } | null)?.access_token
}

const card = {
  card_number: '1234-1234-1234-1234',
  expiry: '2029-01',
  birth: '820213',
  pwd_2digit: '00',
}

test('a second start has the same key pair, token, payments, billing keys and ledger', async () => {
  const first = await withSandbox({}, async (sandbox) => {
    const impUid = await mustPay(sandbox, 'before')
    const issued = await call(sandbox, 'POST', '/subscribe/customers/kept', card)
    assert.equal(issued.code, 0)
    return { ...sandbox, impUid, ledger: await readLedger(sandbox) }
  })
  await withSandbox({}, async (second) => {
    assert.deepEqual(
      [second.impKey, second.impSecret, second.token],
      [first.impKey, first.impSecret, first.token],
    )
    assert.equal(await statusOf(second, first.impUid), 'paid')
    assert.deepEqual((await readLedger(second)).entries, first.ledger.entries)
    // The simulator listens elsewhere now; the kept key charges through it all the same.
    const order = { customer_uid: 'kept', merchant_uid: 'after', amount: 2000 }
    const { response } = await call(second, 'POST', '/subscribe/payments/again', order)
    assert.equal((response as { status: string }).status, 'paid')
    // An order is paid once, so the printed commands name new ones.
    const ordersOf = ({ commands }: { readonly commands: readonly string[] }) =>
      commands.flatMap((command) => /"merchant_uid":"(\w+)"/.exec(command)?.[1] ?? [])
    assert.equal(new Set([...ordersOf(first), ...ordersOf(second)]).size, 6)
  })
})

test('BILLKEY_IMP_KEY and BILLKEY_IMP_SECRET fix the key pair, for the same merchant', async () => {
  const before = await withSandbox({}, async (sandbox) => ({
    ...sandbox,
    impUid: await mustPay(sandbox, 'before the change'),
  }))
  const fixed = { impKey: 'my-key', impSecret: 'my-secret' }
  const env = { BILLKEY_IMP_KEY: fixed.impKey, BILLKEY_IMP_SECRET: fixed.impSecret }
  await withSandbox(env, async (sandbox) => {
    assert.deepEqual([sandbox.impKey, sandbox.impSecret], ['my-key', 'my-secret'])
    assert.equal(await tokenOf(sandbox.apiUrl, fixed), sandbox.token)
    assert.equal(await tokenOf(sandbox.apiUrl, { ...fixed, impSecret: 'guess' }), undefined)
    assert.equal(await statusOf(sandbox, before.impUid), 'paid')
  })
})

test('a new secret for the same key replaces the old one, and the last pair is kept', async () => {
  const pair = { impKey: 'my-key', impSecret: 'another-secret' }
  const env = { BILLKEY_IMP_KEY: pair.impKey, BILLKEY_IMP_SECRET: pair.impSecret }
  await withSandbox(env, async ({ apiUrl, token }) => {
    assert.equal(await tokenOf(apiUrl, pair), token)
    assert.equal(await tokenOf(apiUrl, { ...pair, impSecret: 'my-secret' }), undefined)
  })
  await withSandbox({}, async ({ impKey, impSecret }) => {
    assert.deepEqual({ impKey, impSecret }, pair)
  })
})
