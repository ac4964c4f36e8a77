// What an archive takes out of the tables is in its file, is all that changes, and only of payments that have ended.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { replayWebhook } from '../../src/webhooks/replay-webhooks.ts'
import { tamper } from '../audit/trail.ts'
import { backUp, restoreInto } from '../backup/restored.ts'
import { startCommandRunner } from '../support/command-runner.ts'
import { createTestDatabase } from '../support/database.ts'
import { declinedCard } from '../workers/webhook-shop.ts'
import { before as beforeDay, openOldShop, type OldShop, type Picture } from './old-shop.ts'

interface ShownExchange {
  readonly exchangeId: string
  readonly purpose: string
  readonly record: { readonly execute: { readonly request: Record<string, string> } }
  readonly recordDigest: string
  readonly database: string
}

interface Shown {
  readonly archiveId: string
  readonly exchanges: readonly ShownExchange[]
  readonly webhookAttempts: readonly { readonly httpStatus: number; readonly requestBody: string }[]
}

let shop: OldShop
let file: string
let archiveId: string
let paid: string
let cancelled: string
let failed: string
const pictures = new Map<string, Picture>()

before(async () => {
  shop = await openOldShop()
  paid = await shop.payAndTell()
  cancelled = await shop.payAndTell()
  const back = { imp_uid: cancelled, amount: 1_000, enable_webhook: true }
  assert.equal((await shop.call('POST', '/payments/cancel', back)).body.code, 0)
  await shop.call('POST', '/subscribe/payments/onetime', {
    merchant_uid: 'declined-1',
    amount: 3_000,
    card_number: declinedCard,
    expiry: '2031-12',
    birth: '820213',
    pwd_2digit: '00',
  })
  await shop.deliver()
  const { body } = await shop.call('GET', '/payments/find/declined-1/failed')
  failed = body.response.imp_uid as string
  await shop.seal()
  for (const impUid of [paid, cancelled, failed]) pictures.set(impUid, await shop.picture(impUid))
  assert.deepEqual(await shop.findings(), [])
  file = shop.pathOf('first')
  const said = await shop.said('archive', file, '--before', beforeDay)
  archiveId = /archive ([0-9a-f-]{36}) is written/.exec(said)?.[1] ?? said
  assert.match(said, /3 payments of 1 merchant, 4 records and 4 webhook attempts;/)
  assert.match(said, /4 records and 4 webhook attempts were taken out of the tables; 3 payments/)
})
after(() => shop.close())

async function shownOf(impUid: string): Promise<Shown> {
  return JSON.parse(await shop.said('archive', 'show', file, '--payment', impUid)) as Shown
}

describe('payments whose bulk is in an archive', () => {
  it('look the same to merchants and operators, who are told where the rest is', async () => {
    for (const [impUid, seen] of pictures) {
      const now = await shop.picture(impUid)
      assert.deepEqual([now.v1, now.byOrder, now.page], [seen.v1, seen.byOrder, seen.page])
      const left = seen.entries.filter(({ kind }) => kind !== 'webhook_attempt')
      assert.deepEqual(
        now.entries.map((entry) => [entry.kind, entry.at]),
        left.map((entry) => [entry.kind, entry.at]),
      )
      for (const [index, entry] of now.entries.entries()) {
        if (entry.kind === 'exchange') {
          const whole = left[index].exchange
          assert.ok(whole.execute !== null && whole.archiveId === null)
          const wire = { method: null, ready: null, execute: null, archiveId }
          assert.deepEqual(entry.exchange, { ...whole, ...wire })
        } else if (entry.kind === 'webhook') {
          assert.deepEqual(entry, { ...left[index], archiveId })
        } else assert.deepEqual(entry, left[index])
      }
    }
    assert.equal(await shop.count('from exchanges where record is not null'), 0)
    assert.equal(await shop.count('from webhook_attempts'), 0)
    const [webhook] = await shop.webhooks()
    const told = await shop.said('webhooks', 'show', webhook?.webhookId ?? '')
    assert.ok(told.includes(`in archive ${archiveId}`), told)
  })

  it('are found in the file, masked, with the digest that the row kept', async () => {
    const shown = await shownOf(cancelled)
    assert.equal(shown.archiveId, archiveId)
    assert.deepEqual(
      shown.exchanges.map(({ purpose, database }) => [purpose, database]),
      [
        ['charge', 'kept this digest'],
        ['cancel', 'kept this digest'],
      ],
    )
    assert.match(JSON.stringify(shown.exchanges[0]?.record), /936600\*+/)
    for (const { exchangeId, recordDigest } of shown.exchanges) {
      const { rows } = await shop.app.parts.db.query<{ kept: string }>(
        adHocSql(
          `select encode(record_digest, 'hex') as kept from exchanges where exchange_id = $1`,
        ),
        [exchangeId],
      )
      assert.equal(rows[0]?.kept, recordDigest)
    }
    assert.deepEqual(
      shown.webhookAttempts.map(({ httpStatus }) => httpStatus),
      [200, 200],
    )
    assert.ok(shown.webhookAttempts[0]?.requestBody.includes(cancelled))
    assert.match(await shop.refusal('archive', 'show', file, '--payment', 'imps_0'), /nothing of/)
  })

  it('leave one event with the digest of the file, and a line of doctor', async () => {
    const { rows } = await shop.app.parts.db.query<{ detail: Record<string, unknown> }>(
      adHocSql(`select detail from audit_events where action = 'archive.written' and subject = $1`),
      [archiveId],
    )
    const bytes = await readFile(file)
    assert.deepEqual(
      rows.map(({ detail }) => detail),
      [
        {
          before: '2024-03-31T15:00:00.000Z',
          fileName: 'first',
          fileBytes: bytes.length,
          fileDigest: createHash('sha256').update(bytes).digest('hex'),
          payments: 3,
          exchanges: 4,
          attempts: 4,
        },
      ],
    )
    // oxlint-disable-next-line no-bitwise -- the permission bits
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.match(await shop.said('archive', 'list'), new RegExp(`${archiveId} .*first .*3 .*4`))
    assert.match((await shop.run('doctor')).stdout, /exchanges and webhook attempts take/)
  })

  it('are under their seals as before: whoever changes what is left is found', async () => {
    assert.deepEqual(await shop.findings(), [])
    const changes = [
      `record_digest = sha256('x')`,
      'record_digest = null',
      `record = '{"method":"x"}'`,
      `transaction_id = 'x'`,
    ]
    for (const change of changes) {
      const kept = await rowOf(paid)
      const text = `update exchanges set ${change} where merchant_id = $1 and imp_uid = $2`
      await tamper(shop.app, text, [shop.merchant.merchantId, paid])
      assert.match(
        (await shop.findings()).join('\n'),
        /exchanges, or their payments and cancels, were/,
      )
      if (change.startsWith('record_digest = sha')) {
        assert.match(await shop.refusal('archive', 'verify', file), /^billkey: 1 records differ/)
        assert.equal((await shownOf(paid)).exchanges[0]?.database, 'kept another digest')
      }
      await putBack(kept)
    }
    assert.deepEqual(await shop.findings(), [])
    assert.match(
      await shop.said('archive', 'verify', file),
      /is whole: .*4 records with the digest/,
    )
  })

  it('may be cancelled and told of again, which the next archive takes', async () => {
    const [webhook] = await shop.webhooks()
    assert.equal((await shop.call('POST', '/payments/cancel', { imp_uid: paid })).body.code, 0)
    const { merchantId } = shop.merchant
    const webhookId = webhook?.webhookId ?? ''
    await replayWebhook(shop.deps, { merchantId, webhookId, actor: 'test' })
    await shop.deliver()
    await shop.seal()
    const { entries } = await shop.picture(paid)
    const wires = entries.filter(({ kind }) => kind === 'exchange').map(({ exchange }) => exchange)
    assert.deepEqual(
      wires.map(({ archiveId: where, execute }) => [where, execute === null]),
      [
        [archiveId, true],
        [null, false],
      ],
    )
    const plain = shop.pathOf('second')
    const said = await shop.said('archive', plain, '--before', beforeDay, '--plain')
    assert.match(said, /1 payment of 1 merchant, 1 record and 0 webhook attempts/)
    assert.match(
      (await readFile(plain)).toString('latin1'),
      /^\{"billkeyArchive":1,.*"masterKeyId":null/,
    )
    assert.match(await shop.said('archive', 'verify', plain), /1 record with the digest/)
    const move = `update exchanges set archive_id = $1 where imp_uid = $2 and purpose = 'cancel'`
    await tamper(shop.app, move, [archiveId, paid])
    assert.match(
      await shop.refusal('archive', 'verify', file),
      /and 1 that should be in the file are/,
    )
    await tamper(shop.app, move, [/archive ([0-9a-f-]{36}) is/.exec(said)?.[1] ?? '', paid])
    assert.equal((await shownOf(paid)).exchanges[0]?.database, 'kept this digest')
    assert.deepEqual(await shop.findings(), [])
  })

  it('come back with a backup, thinned as they were, and agree with the file there', async () => {
    const copy = await createTestDatabase({ schema: 'empty' })
    const elsewhere = startCommandRunner({
      ...shop.environment,
      DATABASE_URL: copy.connectionString,
    })
    try {
      const made = await backUp(shop.app.parts)
      const restored = await restoreInto(copy, shop.app.parts, made.bytesOfFile)
      assert.deepEqual(restored.digests, made.digests)
      const { stdout } = await elsewhere.run('archive', 'verify', file)
      assert.match(stdout, /is whole: .*4 records with the digest that the tables kept, 0 not/)
    } finally {
      await elsewhere.close()
      await copy.drop()
    }
  })

  async function rowOf(impUid: string): Promise<string> {
    const { rows } = await shop.app.parts.db.query<{ row: string }>(
      adHocSql(`select to_jsonb(e)::text as row from exchanges e where imp_uid = $1`),
      [impUid],
    )
    return rows[0]?.row ?? ''
  }

  async function putBack(row: string): Promise<void> {
    await shop.app.parts.db.query(
      adHocSql(`update exchanges e set record = nullif(k.record, 'null'), record_digest = k.record_digest,
        transaction_id = k.transaction_id
        from jsonb_populate_record(null::exchanges, $1::jsonb) k
        where e.merchant_id = k.merchant_id and e.exchange_id = k.exchange_id`),
      [row],
    )
  }
})

describe('a file that was changed', () => {
  it('is refused wherever a byte of it was flipped, and nothing is taken out of the tables', async () => {
    const impUid = await shop.payAndTell()
    const kept = shop.pathOf('kept')
    const said = await shop.said('archive', kept, '--before', beforeDay, '--keep')
    assert.match(said, /the tables are as they were/)
    const told = (await shop.run('doctor')).stdout
    assert.match(told, /ok {4}test: archive kept of 20.* is still to be taken out of the tables/)
    const bytes = await readFile(kept)
    const lineEnd = bytes.indexOf('\n')
    for (const at of [lineEnd - 20, lineEnd + 30, Math.floor(bytes.length / 2), bytes.length - 2]) {
      const altered = Buffer.from(bytes)
      altered.writeUInt8((altered.readUInt8(at) + 1) % 256, at)
      await writeFile(shop.pathOf('altered'), altered)
      for (const args of [['thin'], ['verify'], ['show', '--payment', impUid]]) {
        const [name = '', ...more] = args
        const refusal = await shop.refusal('archive', name, shop.pathOf('altered'), ...more)
        assert.match(refusal, /cannot be used: /)
      }
    }
    const cut = shop.pathOf('cut')
    await writeFile(cut, bytes.subarray(0, -1))
    assert.match(await shop.refusal('archive', 'thin', cut), /damaged or cut short/)
    const ofBackup = await backUp(shop.app.parts)
    await writeFile(shop.pathOf('backup'), ofBackup.bytesOfFile)
    assert.match(
      await shop.refusal('archive', 'thin', shop.pathOf('backup')),
      /it is no archive of billkey/,
    )
    const { db } = shop.app.parts
    const differs = `update archives set file_digest = file_digest || 'x' where file_name = 'kept'`
    await db.query(adHocSql(differs))
    assert.match(await shop.refusal('archive', 'thin', kept), /on record with another SHA-256/)
    await db.query(adHocSql(differs.replace(`file_digest || 'x'`, 'substr(file_digest, 1, 32)')))
    assert.equal(await shop.count(`from exchanges where record is not null`), 1)
    assert.match(await shop.said('archive', 'thin', kept), /1 record and 1 webhook attempt were/)
    assert.match(await shop.said('archive', 'thin', kept), /0 records and 0 webhook attempts were/)
    assert.doesNotMatch((await shop.run('doctor')).stdout, /is still to be taken/)
  })
})
