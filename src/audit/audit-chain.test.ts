import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import fc from 'fast-check'

import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { adHocSql } from '../db/database.ts'
import { merchantId, randomIds } from '../primitives/ids.ts'
import {
  type AuditEvent,
  canonicalParts,
  genesis,
  lengthPrefixed,
  linkHash,
} from './audit-chain.ts'
import { recordAct } from './audit-events.store.ts'

let tested: TestDatabase
before(async () => {
  tested = await createTestDatabase({ poolSize: 12 })
})
after(() => tested.drop())

const owner = merchantId(41)
const neighbour = merchantId(42)

async function chainOf(merchant: number): Promise<AuditEvent[]> {
  const { rows } = await tested.database.query<AuditEvent>(
    adHocSql(`select merchant_id as "merchantId", sequence, event_id as "eventId", actor, action, subject,
       detail::text as detail, recorded_at as "recordedAtMs", hash
     from audit_events where merchant_id = $1 order by sequence`),
    [merchant],
  )
  return rows
}

function assertChained(events: readonly AuditEvent[]): void {
  let previous: Buffer = genesis
  for (const [index, event] of events.entries()) {
    assert.equal(event.sequence, index + 1)
    assert.deepEqual(event.hash, linkHash(previous, event))
    previous = event.hash
  }
}

function record(merchant: typeof owner, detail: object, subject = 'a thing'): Promise<void> {
  const act = { eventId: randomIds.uuid(), actor: 'cli:tester', atMs: Date.UTC(2026, 10, 28, 1, 2) }
  return recordAct(tested.database, merchant, { action: 'thing.done', subject, detail }, act)
}

describe('the chain of events', () => {
  it('is hashed in SQL as it is in TypeScript, whatever the texts are', async () => {
    // PostgreSQL takes neither NUL nor half of a surrogate pair; JSON may hold the latter escaped, which jsonb refuses.
    const text = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .filter((value) => value.isWellFormed() && !value.includes('\0'))
    const detail = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.double()))
    const events = fc.sample(fc.tuple(text, detail), { numRuns: 60, seed: 12 })
    for (const [subject, value] of events) await record(owner, { ...value }, subject)
    const chain = await chainOf(owner)
    assert.equal(chain.length, 60)
    assertChained(chain)
  })

  it('has no gap and no branch after a hundred acts at once, and another merchant’s is untouched', async () => {
    const before = await chainOf(owner)
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        record(index % 4 === 0 ? neighbour : owner, { index }),
      ),
    )
    const [chain, other] = [await chainOf(owner), await chainOf(neighbour)]
    assert.equal(chain.length, before.length + 75)
    assert.equal(other.length, 25)
    assertChained(chain)
    assertChained(other)
  })

  it('may be added to and read, not changed, even by the owner of the tables', async () => {
    const { rows } = await tested.database.query<{ privilege: string }>(
      adHocSql(`select distinct privilege_type as privilege from information_schema.role_table_grants
        where table_name in ('audit_events', 'audit_checkpoints')
          and privilege_type in ('INSERT', 'SELECT', 'UPDATE', 'DELETE', 'TRUNCATE') order by 1`),
    )
    assert.deepEqual(
      rows.map(({ privilege }) => privilege),
      ['INSERT', 'SELECT'],
    )
  })

  it('goes back with the transaction whose act did not happen', async () => {
    const before = await chainOf(neighbour)
    const interrupted = tested.database.transaction(async (tx) => {
      const act = { eventId: randomIds.uuid(), actor: 'cli:tester', atMs: 0 }
      await recordAct(tx, neighbour, { action: 'thing.done', subject: 'x', detail: {} }, act)
      throw new Error('the act failed')
    })
    await assert.rejects(interrupted, /the act failed/)
    await record(neighbour, {})
    const chain = await chainOf(neighbour)
    assert.equal(chain.length, before.length + 1)
    assertChained(chain)
  })
})

describe('the canonical form', () => {
  const text = fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .filter((value) => value.isWellFormed())
  const event = fc.record({
    merchantId: fc.nat({ max: 30 }).map(merchantId),
    eventId: fc.uuid(),
    actor: text,
    action: text,
    subject: text,
    detail: text,
    recordedAtMs: fc.nat(),
  })

  it('differs wherever two events differ', () => {
    fc.assert(
      fc.property(event, event, (one, other) => {
        const same = JSON.stringify(canonicalParts(one)) === JSON.stringify(canonicalParts(other))
        const bytes = lengthPrefixed(canonicalParts(one))
        assert.equal(bytes.equals(lengthPrefixed(canonicalParts(other))), same)
      }),
    )
  })

  it('differs when text moves from one field to the next', () => {
    fc.assert(
      fc.property(event, fc.nat(), (one, at) => {
        const joined = one.actor + one.action
        const cut = at % (joined.length + 1)
        const moved = { ...one, actor: joined.slice(0, cut), action: joined.slice(cut) }
        fc.pre(moved.actor.isWellFormed() && moved.actor !== one.actor)
        const bytes = lengthPrefixed(canonicalParts(one))
        assert.ok(!bytes.equals(lengthPrefixed(canonicalParts(moved))))
      }),
    )
  })

  it('can be read back, so nothing is lost in it', () => {
    fc.assert(
      fc.property(event, (one) => {
        const bytes = lengthPrefixed(canonicalParts(one))
        const parts: string[] = []
        for (let at = 0; at < bytes.length;) {
          const length = bytes.readUInt32BE(at)
          parts.push(bytes.toString('utf8', at + 4, at + 4 + length))
          at += 4 + length
        }
        assert.deepEqual(parts, canonicalParts(one))
      }),
    )
  })
})
