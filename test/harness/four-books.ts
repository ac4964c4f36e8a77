// Holds four books against each other when all is quiet: ours, the gateway's ledger, the shop's, and what the merchants'
// programs were answered. Every row of each, not a sample.

import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import type { LedgerView } from '../../simulator/ledger.ts'
import { adHocSql } from '../../src/db/database.ts'
import type { MerchantId } from '../../src/primitives/ids.ts'
import { findEndpoint } from '../../src/webhooks/endpoints.store.ts'
import { webhookSecretPurpose } from '../../src/webhooks/webhook.ts'
import { auditBooks, type Books } from '../support/auditor.ts'
import type { ClientBook } from './load.ts'
import type { Rig } from './rig.ts'

export interface Finding {
  readonly rule: string
  readonly subject: string
  readonly detail: string
}

export interface Counts {
  readonly payments: number
  readonly paid: number
  readonly cancels: number
  readonly schedules: number
  readonly events: number
  readonly deliveries: number
  readonly endedByEvidence: number
}

/** What still waits for something; empty when all is quiet. */
export async function listOpen({ parts }: Pick<OtherBooks, 'parts'>): Promise<string[]> {
  const { rows } = await parts.db.query<{ what: string; count: number }>(
    adHocSql(
      `select 'payments ' || state as what, count(*) from payments where state in ('sending', 'unknown') group by 1
       union all select 'cancels ' || state, count(*) from cancels where state in ('sending', 'unknown') group by 1
       union all
       select 'schedules ' || state, count(*) from schedules where state in ('scheduled', 'executing') group by 1
       union all select 'events ' || state, count(*) from webhooks where state <> 'delivered' group by 1`,
    ),
  )
  return rows.map(({ what, count }) => `${count} ${what}`)
}

/** The other three, and where ours are. */
export interface OtherBooks {
  readonly parts: Books
  readonly merchants: readonly { readonly merchantId: MerchantId }[]
  /** Whose endpoints: of sandbox channels or of live ones. */
  readonly sandbox: boolean
  readonly ledger: LedgerView
  /** What the shop took, in its order. */
  readonly received: readonly Received[]
  readonly book: ClientBook
}

export async function compareBooks(rig: Rig, book: ClientBook): Promise<Finding[]> {
  const { parts, merchants, simulatorUrl } = rig
  const ledger = (await (
    await fetch(`${simulatorUrl}/_ledger?limit=999999999`)
  ).json()) as LedgerView
  const received = await readShopBook(rig)
  return compareFourBooks({ parts, merchants, sandbox: true, ledger, received, book })
}

export async function compareFourBooks(books: OtherBooks): Promise<Finding[]> {
  return [
    ...(await auditBooks(books.parts, books.ledger)),
    ...(await findOpen(books)),
    ...(await findDiscrepancies(books)),
    ...(await compareAnswers(books)),
    ...(await compareEvents(books)),
  ]
}

async function findOpen({ parts }: OtherBooks): Promise<Finding[]> {
  const { rows } = await parts.db.query<Finding>(
    adHocSql(
      `select 'unresolved payment' as rule, imp_uid as subject, state || ' since ' || started_at as detail
         from payments where state in ('sending', 'unknown')
       union all select 'unresolved cancel', imp_uid, state from cancels where state in ('sending', 'unknown')
       union all select 'schedule left', merchant_uid, state from schedules where state in ('scheduled', 'executing')
       union all select 'event not delivered', imp_uid, status || ' ' || state from webhooks where state <> 'delivered'`,
    ),
  )
  return rows
}

async function findDiscrepancies({ parts }: OtherBooks): Promise<Finding[]> {
  const { rows } = await parts.db.query<Finding>(
    adHocSql(
      `select 'discrepancy ' || kind as rule, order_number as subject, detail from discrepancies`,
    ),
  )
  return rows
}

/** What a merchant was told is so, and one key made one payment. */
async function compareAnswers({ parts, book }: OtherBooks): Promise<Finding[]> {
  const { rows } = await parts.db.query<{ impUid: string; merchantUid: string; state: string }>(
    adHocSql('select imp_uid as "impUid", merchant_uid as "merchantUid", state from payments'),
  )
  const byImpUid = new Map(rows.map((row) => [row.impUid, row]))
  const byOrder = Map.groupBy(rows, ({ merchantUid }) => merchantUid)
  const findings = book.answered.flatMap(({ impUid, merchantUid, status }): Finding[] => {
    const payment = byImpUid.get(impUid)
    if (payment === undefined)
      return [{ rule: 'answered payment is lost', subject: impUid, detail: status }]
    if (payment.merchantUid !== merchantUid) {
      return [{ rule: 'answered for another order', subject: impUid, detail: merchantUid }]
    }
    const isKept = status === 'paid' ? ['paid', 'cancelled'].includes(payment.state) : true
    const isFailed = status === 'failed' ? payment.state === 'failed' : true
    return isKept && isFailed
      ? []
      : [
          {
            rule: 'answer was taken back',
            subject: impUid,
            detail: `${status}, now ${payment.state}`,
          },
        ]
  })
  // No order was asked for under a second key, so one with two attempts was begun twice by a repetition.
  const doubled = book.answered.filter(
    ({ merchantUid }) => (byOrder.get(merchantUid)?.length ?? 0) > 1,
  )
  return [
    ...findings,
    ...doubled.map(({ merchantUid }) => ({
      rule: 'repeated call began another payment',
      subject: merchantUid,
      detail: String(byOrder.get(merchantUid)?.length),
    })),
    ...book.scheduled
      .filter((merchantUid) => !byOrder.has(merchantUid))
      .map((merchantUid) => ({
        rule: 'schedule never executed',
        subject: merchantUid,
        detail: '',
      })),
  ]
}

export interface Received {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface EventRow {
  readonly webhookId: string
  readonly impUid: string
  readonly status: string
  readonly cancellationId: string | null
}

/** Every fact is told of, once by its id, in order, signed; and nothing else is. */
async function compareEvents(books: OtherBooks): Promise<Finding[]> {
  const { received, parts } = books
  const { rows } = await parts.db.query<EventRow>(
    adHocSql(
      `select webhook_id as "webhookId", imp_uid as "impUid", status, cancellation_id as "cancellationId" from webhooks`,
    ),
  )
  return [
    ...judgeArrivals(received, rows, await readSecrets(books)),
    ...judgeOrder(received, rows),
    ...(await findUntold(books)),
  ]
}

/** Whatever reached the shop is an event of ours, as we have it, and signed. */
function judgeArrivals(
  received: readonly Received[],
  rows: readonly EventRow[],
  secrets: ReadonlyMap<string, string>,
): Finding[] {
  const events = new Map(rows.map((row) => [row.webhookId, row]))
  return received.flatMap(({ url, headers, body }): Finding[] => {
    const id = headers['webhook-id'] ?? ''
    const event = events.get(id)
    const told = JSON.parse(body) as { imp_uid: string; status: string }
    const found = (rule: string, detail: string) => [{ rule, subject: told.imp_uid, detail }]
    if (event === undefined) return found('event invented', `${told.status} ${id}`)
    if (event.impUid !== told.imp_uid || event.status !== told.status) {
      return found('event differs', `${told.status}, ours ${event.status}`)
    }
    return isSigned(headers, body, secrets.get(url) ?? '') ? [] : found('signature wrong', id)
  })
}

/** Every event arrived, one of them says paid, and cancels came after it. */
function judgeOrder(received: readonly Received[], rows: readonly EventRow[]): Finding[] {
  const firstAt = new Map<string, number>()
  for (const [at, { headers }] of received.entries()) {
    const id = headers['webhook-id'] ?? ''
    if (!firstAt.has(id)) firstAt.set(id, at)
  }
  const arrival = (row: EventRow | undefined) =>
    firstAt.get(row?.webhookId ?? '') ?? Number.POSITIVE_INFINITY
  const missing = rows
    .filter(({ webhookId }) => !firstAt.has(webhookId))
    .map(({ impUid, status }) => ({ rule: 'event never arrived', subject: impUid, detail: status }))
  const disordered = [...Map.groupBy(rows, (row) => row.impUid)].flatMap(([impUid, events]) => {
    const [paid, ...more] = events.filter(({ status }) => status === 'paid')
    const cancelled = events.find(({ status }) => status === 'cancelled')
    if (more.length > 0) {
      return [{ rule: 'told of twice', subject: impUid, detail: 'two events say paid' }]
    }
    return paid !== undefined && cancelled !== undefined && arrival(cancelled) < arrival(paid)
      ? [{ rule: 'out of order', subject: impUid, detail: 'cancelled arrived before paid' }]
      : []
  })
  return [...missing, ...disordered]
}

/** A paid order without an event. Card checks and what is given back have none on purpose. */
async function findUntold({ parts }: OtherBooks): Promise<Finding[]> {
  const { rows } = await parts.db.query<Finding>(
    adHocSql(
      `select 'paid and not told of' as rule, p.imp_uid as subject, p.state as detail from payments p
       where p.state in ('paid', 'cancelled') and p.purpose = 'order' and p.give_back is null and not exists (
         select from webhooks w where w.merchant_id = p.merchant_id and w.imp_uid = p.imp_uid and w.status = 'paid')`,
    ),
  )
  return rows
}

export async function countRows({
  parts,
}: Pick<OtherBooks, 'parts'>): Promise<Omit<Counts, 'deliveries'>> {
  const { rows } = await parts.db.query<Omit<Counts, 'deliveries'>>(
    adHocSql(
      `select (select count(*) from payments) as payments,
         (select count(*) from payments where state in ('paid', 'cancelled')) as paid,
         (select count(*) from cancels where state = 'done') as cancels,
         (select count(*) from schedules) as schedules,
         (select count(*) from webhooks) as events,
         (select count(*) from payment_evidence) + (select count(*) from cancel_evidence) as "endedByEvidence"`,
    ),
  )
  const [counts] = rows
  if (counts === undefined) throw new Error('the database counts nothing')
  return counts
}

export async function countAll(rig: Rig): Promise<Counts> {
  return { ...(await countRows(rig)), deliveries: (await readShopBook(rig)).length }
}

async function readShopBook({ shopBook }: Rig): Promise<Received[]> {
  const text = await readFile(shopBook, 'utf8').catch(() => '')
  // A kill in the middle of a write leaves half a line, whose sender got no answer.
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Received]
    } catch {
      return []
    }
  })
}

async function readSecrets({
  parts,
  merchants,
  sandbox,
}: OtherBooks): Promise<Map<string, string>> {
  const secrets = new Map<string, string>()
  for (const { merchantId } of merchants) {
    const endpoint = await findEndpoint(parts.db, { merchantId, sandbox })
    if (endpoint === undefined) throw new Error('an endpoint is gone')
    const secret = await parts.vault.open(
      merchantId,
      webhookSecretPurpose,
      sandbox ? 'sandbox' : 'live',
      endpoint.secretSealed,
    )
    secrets.set(`/hook/${merchantId}`, secret.reveal())
  }
  return secrets
}

/** Standard Webhooks, by hand: the harness must not share a mistake with the code it judges. */
function isSigned(
  headers: Readonly<Record<string, string>>,
  body: string,
  secret: string,
): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const expected = `v1,${createHmac('sha256', key).update(content).digest('base64')}`
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected)
}
