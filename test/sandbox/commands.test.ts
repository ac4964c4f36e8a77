// Commands in a second terminal, beside a sandbox that runs.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { syntheticContracts } from '../../simulator/contracts.ts'
import {
  addFault,
  setSimulator,
  call,
  mustPay,
  pay,
  readLedger,
  statusOf,
} from '../support/sandbox-api.ts'
import {
  type Ending,
  makePlace,
  type Place,
  runBillkey,
  type SandboxProcess,
  startSandbox,
  until,
} from '../support/sandbox-process.ts'

let place: Place
let dataDir: string
let sandbox: SandboxProcess

before(async () => {
  place = await makePlace()
  dataDir = join(place.path, 'data')
  sandbox = await startSandbox({ dataDir })
})

after(() => place?.remove())

function run(args: readonly string[], input?: string): Promise<Ending> {
  return runBillkey(args, input === undefined ? { dataDir } : { dataDir, input })
}

/** Runs a command that must succeed, and gives what it printed. */
async function mustRun(args: readonly string[], input?: string): Promise<string> {
  const ending = await run(args, input)
  assert.deepEqual([ending.code, ending.stderr], [0, ''], args.join(' '))
  return ending.stdout
}

function contractOf(cpid: string) {
  const found = syntheticContracts.find((contract) => contract.cpid === cpid)
  if (found === undefined) throw new Error(`the simulator has no contract ${cpid}`)
  return found
}

/** The cells of the row that begins with `first`, by their headings. For rows without Hangul, which is wider. */
function rowOf(table: string, first: string): Readonly<Record<string, string>> {
  const [heading = '', ...rows] = table.split('\n')
  const row = rows.find((line) => line.startsWith(`${first} `))
  assert.ok(row !== undefined, `no row ${first} in:\n${table}`)
  const columns = [...heading.matchAll(/\S+(?: \S+)*/g)]
  return Object.fromEntries(
    columns.map(({ 0: name, index }, at) => [
      name,
      row.slice(index, columns[at + 1]?.index).trim(),
    ]),
  )
}

function field(printed: string, name: string): string {
  const value = new RegExp(`^${name} +(\\S+)`, 'm').exec(printed)?.[1]
  assert.ok(value !== undefined, `no ${name} in: ${printed}`)
  return value
}

const freshCard = { card_number: '1234-1234-1234-1234', expiry: '2029-01' }

test('channel list shows the contract of the sandbox, and channel test proves it', async () => {
  const row = rowOf(await mustRun(['channel', 'list']), 'CTS00001')
  assert.deepEqual(
    [row['name'], row['mode'], row['allows'], row['state'], row['PAYJOA']],
    ['PAYJOA sandbox', 'test', 'key-in, key-in verified, billing', 'default', sandbox.simulatorUrl],
  )
  const proved = await mustRun(['channel', 'test'])
  const lines = proved.trim().split('\n')
  assert.ok(lines.length >= 3, proved)
  for (const line of lines) assert.match(line, /^ok {4}CTS00001 {2}CARD\S* +ready$/)
})

test('channel add reads the link key from standard input, or from a file, and keeps it to itself', async () => {
  const billing = contractOf('CTS00014')
  const add = ['channel', 'add', '--base-url', sandbox.simulatorUrl]
  const added = await mustRun([...add, '--cpid', billing.cpid, '--billing'], `${billing.linkKey}\n`)
  const channelKey = field(added, 'added')
  assert.match(channelKey, /^channel-key-[0-9a-f-]{36}$/)
  assert.match(await mustRun(['channel', 'test', channelKey]), /^ok {4}CTS00014 /)

  const keyIn = contractOf('CTS00018')
  const file = join(place.path, 'link-key.txt')
  await writeFile(file, `${keyIn.linkKey}\n`, { mode: 0o600 })
  await mustRun([...add, '--cpid', keyIn.cpid, '--key-in', 'plain', '--link-key-file', file])
  assert.match(await mustRun(['channel', 'test', keyIn.cpid]), /^ok {4}CTS00018 /)

  // The new channel takes money, by its own contract.
  const order = { merchant_uid: 'by channel', amount: 1000, pg: `daou.${keyIn.cpid}` }
  const card = freshCard
  const paid = await call(sandbox, 'POST', '/subscribe/payments/onetime', { ...order, ...card })
  assert.equal((paid.response as { status: string } | null)?.status, 'paid', JSON.stringify(paid))
  assert.equal((await readLedger(sandbox)).entries.at(-1)?.cpid, keyIn.cpid)

  const log = await readFile(join(dataDir, 'billkey.log'), 'utf8')
  const listed = await mustRun(['channel', 'list'])
  for (const { linkKey } of [billing, keyIn]) {
    for (const text of [added, log, listed]) assert.ok(!text.includes(linkKey))
  }
})

test('a link key is never taken as an argument, and its file must be there', async () => {
  const add = ['channel', 'add', '--cpid', 'CTS00101']
  const asArgument = await run([...add, '--link-key', contractOf('CTS00101').linkKey])
  assert.equal(asArgument.code, 2)
  assert.match(asArgument.stderr, /^billkey: Unknown option '--link-key'/)
  const missing = await run([...add, '--link-key-file', join(place.path, 'nowhere')])
  assert.deepEqual(
    [missing.code, missing.stderr],
    [1, `billkey: cannot read ${join(place.path, 'nowhere')} (ENOENT)\n`],
  )
  const empty = await run(add, '\n')
  assert.equal(empty.code, 1)
  assert.match(empty.stderr, /^billkey: [^\n]*\n$/)
  assert.ok(!(await mustRun(['channel', 'list'])).includes('CTS00101'))
})

test('channel test says what PAYJOA says to a wrong link key', async () => {
  const { cpid } = contractOf('CTS00102')
  const wrong = 'f'.repeat(64)
  const add = ['channel', 'add', '--base-url', sandbox.simulatorUrl, '--billing', '--cpid', cpid]
  await mustRun(add, wrong)
  const { code, stdout, stderr } = await run(['channel', 'test', cpid])
  assert.equal(code, 1)
  assert.match(stdout, /^FAIL {2}CTS00102 +CARD\S* +[A-Z\d]{4}: /m)
  assert.match(stderr, /^billkey: \d of the methods above are not accepted by PAYJOA\n$/)
  assert.ok(!(stdout + stderr).includes(wrong))
  assert.equal(await mustRun(['channel', 'disable', cpid]), `disabled ${cpid}\n`)
  assert.equal(await mustRun(['channel', 'disable', cpid]), `${cpid} is disabled already\n`)
  assert.equal(rowOf(await mustRun(['channel', 'list']), cpid)['state'], 'disabled')
})

test('token prints the live token, and doctor finds nothing to mend', async () => {
  assert.equal(await mustRun(['token']), `${sandbox.token}\n`)
  const findings = (await mustRun(['doctor'])).trim().split('\n')
  assert.ok(findings.length >= 8)
  for (const finding of findings) assert.match(finding, /^ok {4}/)
})

test('an unknown payment is listed, and settled by what the operator found', async () => {
  // Or the gateway would tell of the charge before the operator has looked.
  await addFault(sandbox, { match: { step: 'notification' }, fault: 'dropped', times: 10 })
  await setSimulator(sandbox, { reportStatus: 503 })
  await addFault(sandbox, { fault: 'answer_lost' })
  const lost = await pay(sandbox, 'answer lost')
  const { imp_uid: charged } = lost.response as { imp_uid: string }
  assert.equal(await statusOf(sandbox, charged), 'ready')
  await addFault(sandbox, { fault: 'reset_before_commit' })
  const reset = await pay(sandbox, 'never arrived')
  const { imp_uid: notCharged } = reset.response as { imp_uid: string }

  const unknown = await mustRun(['payment', 'unknown'])
  for (const [impUid, merchantUid] of [
    [charged, 'answer lost'],
    [notCharged, 'never arrived'],
  ] as const) {
    const row = rowOf(unknown, impUid)
    assert.deepEqual(
      [row['merchant_uid'], row['won'], row['state']],
      [merchantUid, '1000', 'unknown'],
    )
  }
  const doctor = await run(['doctor'])
  assert.equal(doctor.code, 1)
  assert.match(doctor.stdout, /^MEND {2}sandbox: 2 payments with an unknown outcome/m)

  const { entries } = await readLedger(sandbox)
  const transaction = entries.find(({ orderno }) => orderno === charged)?.daoutrx ?? ''
  const settle = (impUid: string, ...said: string[]) =>
    run(['payment', 'settle', impUid, ...said, '--reason', 'looked it up'])
  const paid = await settle(charged, '--charged', '--transaction-id', transaction)
  assert.deepEqual([paid.code, paid.stdout], [0, `${charged} is paid\n`])
  const failed = await settle(notCharged, '--not-charged')
  assert.deepEqual([failed.code, failed.stdout], [0, `${notCharged} is failed\n`])

  // The running API shows it at once, with the transaction that the operator named.
  const { response } = await call(sandbox, 'GET', `/payments/${charged}`)
  const shown = response as { status: string; pg_tid: string }
  assert.deepEqual([shown.status, shown.pg_tid], ['paid', transaction])
  assert.equal(await statusOf(sandbox, notCharged), 'failed')
  const again = await settle(charged, '--not-charged')
  assert.equal(again.code, 1)
  assert.match(again.stderr, /is paid: only an unknown payment is settled by hand/)
  await setSimulator(sandbox, { reportStatus: 200 })
  // What is known not to be charged may be tried again.
  await mustPay(sandbox, 'never arrived')
})

test('keys are rotated beside traffic, and what they sealed still opens', async () => {
  const card = { ...freshCard, birth: '820213', pwd_2digit: '00' }
  const issued = await call(sandbox, 'POST', '/subscribe/customers/sealed', card)
  assert.equal(issued.code, 0, JSON.stringify(issued))
  const rotated = await mustRun(['keys', 'rotate', '--new-data-keys'])
  assert.match(rotated, /^no data key is under an old master key/m)
  const order = { customer_uid: 'sealed', merchant_uid: 'after the rotation', amount: 1000 }
  const { response } = await call(sandbox, 'POST', '/subscribe/payments/again', order)
  assert.equal((response as { status: string }).status, 'paid')
  assert.match(await mustRun(['channel', 'test', 'CTS00001']), /^ok {4}CTS00001 /)
})

test('a new merchant has a key that works until it is revoked, and sees nothing of others', async () => {
  const added = await mustRun(['merchant', 'add', '우리 가게'])
  assert.match(added, /^merchant +\d+ \(우리 가게\)$/m)
  const pair = { imp_key: field(added, 'imp_key'), imp_secret: field(added, 'imp_secret') }
  const { response } = await call({ ...sandbox, token: '' }, 'POST', '/users/getToken', pair)
  const { access_token: token } = response as { access_token: string }
  assert.equal(await mustRun(['token', '--merchant', '우리 가게']), `${token}\n`)
  const theirs = { apiUrl: sandbox.apiUrl, token }
  const impUid = await mustPay(sandbox, 'of the sandbox')
  assert.equal((await call(theirs, 'GET', `/payments/${impUid}`)).status, 404)

  const names = (await mustRun(['merchant', 'list'])).split('\n')
  assert.equal(names.filter((line) => /(?:sandbox|우리 가게) /.test(line)).length, 2)
  const ambiguous = await run(['token'])
  assert.equal(ambiguous.code, 1)
  assert.match(ambiguous.stderr, /name the merchant with --merchant/)

  await mustRun(['merchant', 'add-key', '--merchant', '우리 가게'])
  const keys = await mustRun(['merchant', 'list-keys', '--merchant', '우리 가게'])
  assert.equal(keys.trim().split('\n').length, 3)
  assert.ok(!keys.includes(pair.imp_secret))
  const revoke = ['merchant', 'revoke-key', pair.imp_key, '--merchant', '우리 가게']
  assert.equal(await mustRun(revoke), `revoked ${pair.imp_key}\n`)
  await until('the token of the revoked key stops working', async () => {
    return (await call(theirs, 'GET', '/users/pg')).status === 401
  })
  assert.equal((await call(sandbox, 'GET', '/users/pg')).status, 200)
})

test('when the sandbox has stopped, a command starts its database and leaves nothing running', async () => {
  await sandbox.stop()
  const table = await mustRun(['channel', 'list', '--merchant', 'sandbox'])
  assert.equal(rowOf(table, 'CTS00001')['state'], 'default')
  assert.deepEqual(await sandbox.processes(), [])
})
