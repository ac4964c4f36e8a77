// What tests of the audit trail share: a merchant with a history in its trail, and the verdict on it.

import { newAct } from '../../src/audit/audit-event.ts'
import { recordAct } from '../../src/audit/audit-events.store.ts'
import { signChains } from '../../src/audit/sign-chains.ts'
import {
  type TrailPlace,
  type TrailVerdict,
  verifyTrail,
  verifyTrailBite,
  type VerifyOptions,
} from '../../src/audit/verify-trail.ts'
import { adHocSql } from '../../src/db/database.ts'
import type { TestApp, TestMerchant } from '../support/app.ts'

/** A merchant whose trail has ten events of ten different things, signed after the seventh. */
export async function merchantWithTrail(app: TestApp): Promise<TestMerchant> {
  const merchant = await app.addMerchant()
  const { rows } = await app.parts.db.query<{ count: number }>(
    adHocSql('select sequence as count from audit_heads where merchant_id = $1'),
    [merchant.merchantId],
  )
  for (let index = (rows[0]?.count ?? 0) + 1; index <= 10; index += 1) {
    const done = { action: 'thing.done', subject: `thing ${index}`, detail: { index } }
    await recordAct(app.parts.db, merchant.merchantId, done, newAct(app.parts, 'cli:tester'))
    if (index === 7) await signChains(app.parts)
  }
  return merchant
}

export function verdictOn(
  app: TestApp,
  { merchantId }: Pick<TestMerchant, 'merchantId'>,
  options: Partial<VerifyOptions> = {},
): Promise<TrailVerdict> {
  const all = { sinceMs: null, kept: [], onProgress: () => undefined, ...options }
  return verifyTrail(app.parts, merchantId, all)
}

/** What is found when no more than three events are gone through at once. */
export async function findingsOfBites(
  app: TestApp,
  { merchantId }: Pick<TestMerchant, 'merchantId'>,
): Promise<TrailVerdict['findings']> {
  const findings: TrailVerdict['findings'][number][] = []
  let place: TrailPlace | null = null
  do {
    const { verdict, next }: Awaited<ReturnType<typeof verifyTrailBite>> = await verifyTrailBite(
      app.parts,
      merchantId,
      place,
      (events) => events >= 3,
    )
    findings.push(...verdict.findings)
    place = next
  } while (place !== null)
  return findings
}

/** As somebody does who has the database and nothing else. */
export async function tamper(app: TestApp, text: string, values: readonly (string | number)[]) {
  const { rowCount } = await app.parts.db.query(adHocSql(text), values)
  if (rowCount === 0) throw new Error(`nothing was tampered with: ${text}`)
}
