// What somebody can do who may write every row of the database, and what is said of it. Each is done by SQL to a trail
// that was sound before.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { changeChannel } from '../../src/accounts/change-channel.ts'
import { genesis, linkHash, type AuditEvent } from '../../src/audit/audit-chain.ts'
import { signChains } from '../../src/audit/sign-chains.ts'
import { adHocSql } from '../../src/db/database.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'
import { findingsOfBites, merchantWithTrail, tamper, verdictOn } from './trail.ts'

let app: TestApp
const clock = new TestClock(Date.UTC(2026, 10, 28, 3))
before(async () => {
  app = await startTestApp({ role: 'api', clock })
})
after(() => app.close())

const events = 'audit_events where merchant_id = $1 and sequence'

/** Each changes a trail of ten events that is signed up to the seventh, or wholly. */
const changes: readonly {
  readonly does: string
  readonly sql: readonly string[]
  readonly said: RegExp
}[] = [
  ...[
    ['actor', `'cli:somebody'`],
    ['action', `'thing.undone'`],
    ['subject', `subject || '!'`],
    ['detail', `detail || '{"index": 0}'`],
    ['recorded_at', `recorded_at - interval '1 millisecond'`],
    ['event_id', 'gen_random_uuid()'],
  ].map(([column, value]) => ({
    does: `another ${column}`,
    sql: [`update audit_events set ${column} = ${value} where merchant_id = $1 and sequence = 6`],
    said: /event 6 \(.*\) is not what was recorded/,
  })),
  {
    does: 'a row of the middle deleted',
    sql: [`delete from ${events} = 5`],
    said: /event 5 is missing/,
  },
  {
    does: 'several rows deleted',
    sql: [`delete from ${events} in (4, 5, 6)`],
    said: /events 4 to 6 are missing/,
  },
  { does: 'the first row deleted', sql: [`delete from ${events} = 1`], said: /event 1 is missing/ },
  {
    does: 'the last row deleted',
    sql: [`delete from ${events} = 10`],
    said: /events 10 to 10 are missing at the end/,
  },
  {
    does: 'the tail deleted and the head put back to what was signed before',
    sql: [
      `delete from ${events} > 7`,
      `update audit_heads h set sequence = 7, hash = e.hash from audit_events e
       where h.merchant_id = $1 and e.merchant_id = $1 and e.sequence = 7`,
    ],
    said: /event 10, signed .*, is not there/,
  },
  {
    does: 'the tail deleted with its signature, and the head put back, while the log still has it',
    sql: [
      `delete from ${events} > 7`,
      `delete from audit_checkpoints where merchant_id = $1 and sequence > 7`,
      `update audit_heads h set sequence = 7, hash = e.hash from audit_events e
       where h.merchant_id = $1 and e.merchant_id = $1 and e.sequence = 7`,
    ],
    said: /event 10, whose head was kept, is not there/,
  },
  {
    does: 'two rows swapped',
    sql: [
      `update audit_events set sequence = -5 where merchant_id = $1 and sequence = 5`,
      `update audit_events set sequence = 5 where merchant_id = $1 and sequence = 6`,
      `update audit_events set sequence = 6 where merchant_id = $1 and sequence = -5`,
    ],
    said: /event 5 \(.*\) is not what was recorded/,
  },
  {
    does: 'a row put in before the end',
    sql: [
      `update audit_events set sequence = 11 where merchant_id = $1 and sequence = 10`,
      `insert into audit_events
       select merchant_id, gen_random_uuid(), actor, 'thing.added', subject, detail, recorded_at, 10, hash
       from audit_events where merchant_id = $1 and sequence = 9`,
    ],
    said: /event 10 \(thing.added .*\) is not what was recorded/,
  },
  {
    does: 'another hash in the head',
    sql: [`update audit_heads set hash = sha256('x') where merchant_id = $1`],
    said: /audit_heads\) is not the hash of its last event/,
  },
  {
    does: 'a smaller number in the head',
    sql: [`update audit_heads set sequence = 4 where merchant_id = $1`],
    said: /audit_heads\) says 4, and there are 10 events/,
  },
  {
    does: 'the head deleted',
    sql: [`delete from audit_heads where merchant_id = $1`],
    said: /audit_heads\) is missing/,
  },
  {
    does: 'all of it deleted',
    sql: ['audit_events', 'audit_heads', 'audit_checkpoints'].map(
      (table) => `delete from ${table} where merchant_id = $1`,
    ),
    said: /there is no trail/,
  },
  {
    does: 'a signature changed',
    sql: [
      `update audit_checkpoints set signature = set_byte(signature, 0, get_byte(signature, 0) # 1)
       where merchant_id = $1 and sequence = 10`,
    ],
    said: /the signature over event 10 is forged/,
  },
  {
    does: 'signatures taken away',
    sql: [`delete from audit_checkpoints where merchant_id = $1`],
    said: /events from 1 on are not signed/,
  },
  {
    does: 'a signature of another merchant put in',
    sql: [
      `update audit_checkpoints c set signature = o.signature, signed_at = o.signed_at
       from audit_checkpoints o
       where c.merchant_id = $1 and c.sequence = 7 and o.merchant_id <> $1 and o.sequence = 7`,
    ],
    said: /the signature over event 7 is forged/,
  },
]

describe('a trail', () => {
  before(async () => {
    // Whose signature is put in.
    await merchantWithTrail(app)
  })

  it('that nobody touched is sound, and says how far it is signed', async () => {
    const merchant = await merchantWithTrail(app)
    const verdict = await verdictOn(app, merchant)
    assert.deepEqual(verdict.findings, [])
    assert.deepEqual([verdict.events, verdict.signedUpTo], [10, 7])
    await signChains(app.parts)
    assert.equal((await verdictOn(app, merchant)).signedUpTo, 10)
  })

  for (const { does, sql, said } of changes) {
    it(`shows ${does}`, async () => {
      const merchant = await merchantWithTrail(app)
      await signChains(app.parts)
      const { head } = await verdictOn(app, merchant)
      for (const text of sql) await tamper(app, text, [merchant.merchantId])
      clock.advance(11 * 60_000)
      const { findings } = await verdictOn(app, merchant, { kept: [head] })
      const whole = await verdictOn(app, merchant)
      assert.deepEqual(await findingsOfBites(app, merchant), whole.findings)
      const texts = findings.map(({ text }) => text)
      assert.ok(
        texts.some((text) => said.test(text)),
        texts.join('\n') || 'nothing was found',
      )
      // One change is not hidden among what follows from it.
      assert.ok(findings.length <= 7, texts.join('\n'))
    })
  }

  it('whose hashes were all computed again shows by its signature', async () => {
    const merchant = await merchantWithTrail(app)
    await rewriteFrom(merchant, 5)
    const head = { sequence: 6, hash: Buffer.alloc(32) }
    const [, keptToo] = (await verdictOn(app, merchant, { kept: [head] })).findings
    assert.match(keptToo?.text ?? '', /^event 6 is not the head that was kept/)
    const [finding, ...more] = (await verdictOn(app, merchant)).findings
    assert.deepEqual(more, [])
    assert.match(finding?.text ?? '', /^event 7 is not what was signed 2026-11-28T/)
  })

  it('that was changed is never signed, and the log says so', async () => {
    const merchant = await merchantWithTrail(app)
    const change = `update audit_events set actor = 'cli:nobody' where merchant_id = $1 and sequence = 9`
    await tamper(app, change, [merchant.merchantId])
    await signChains(app.parts)
    assert.equal((await verdictOn(app, merchant)).signedUpTo, 7)
    assert.match(app.logged(), /the audit trail does not hold together and is not signed/)
  })

  it('is believed before --since, and only there', async () => {
    const merchant = await merchantWithTrail(app)
    clock.advance(60_000)
    const sinceMs = clock.now()
    await setName(merchant, 'newer')
    await tamper(
      app,
      `update audit_events set actor = 'x' where merchant_id = $1 and sequence = 2`,
      [merchant.merchantId],
    )
    const since = await verdictOn(app, merchant, { sinceMs })
    assert.deepEqual([since.findings, since.events], [[], 1])
    assert.equal((await verdictOn(app, merchant)).findings.length, 1)
    // Nothing is newer, yet what is not signed is named.
    clock.advance(11 * 60_000)
    const texts = (await verdictOn(app, merchant, { sinceMs: clock.now() })).findings
    assert.match(texts.map(({ text }) => text).join('\n'), /^events from 8 on are not signed/)
  })

  async function setName(merchant: TestMerchant, name: string): Promise<void> {
    const deps = { ...app.parts, uuid: () => app.parts.ids.uuid() }
    const changed = await changeChannel(deps, merchant.channel, { name }, 'cli:tester')
    assert.equal(changed.kind, 'changed')
  }
})

/** Changes an event and makes every hash after it fit again, the head's too. */
async function rewriteFrom({ merchantId }: TestMerchant, sequence: number): Promise<void> {
  const { db } = app.parts
  const change = `update audit_events set actor = 'cli:nobody' where merchant_id = $1 and sequence = $2`
  await db.query(adHocSql(change), [merchantId, sequence])
  const { rows } = await db.query<AuditEvent>(
    adHocSql(`select merchant_id as "merchantId", sequence, event_id as "eventId", actor, action, subject,
       detail::text as detail, recorded_at as "recordedAtMs", hash
     from audit_events where merchant_id = $1 order by sequence`),
    [merchantId],
  )
  let hash: Buffer = genesis
  for (const event of rows) {
    hash = linkHash(hash, event)
    await db.query(
      adHocSql('update audit_events set hash = $3 where merchant_id = $1 and sequence = $2'),
      [merchantId, event.sequence, hash],
    )
  }
  await db.query(adHocSql('update audit_heads set hash = $2 where merchant_id = $1'), [
    merchantId,
    hash,
  ])
}
