// Compares our books with what the simulator's ledger says really happened: a payment we call paid was approved
// once and for its amount, one we call failed was not approved, every approval is one we know of, and no charge
// was announced twice. What is unknown may be either, but never more than once.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

import type { LedgerView } from '../../simulator/ledger.ts'
import { gatewayKeyPurpose } from '../../src/billing-keys/billing-key.ts'
import { adHocSql, type Queryable } from '../../src/db/database.ts'
import type { MerchantId } from '../../src/primitives/ids.ts'
import type { Vault } from '../../src/vault/vault.ts'

export interface Breach {
  /** Which rule; one word or two, for assertions. */
  readonly rule:
    | 'approved twice'
    | 'paid without approval'
    | 'failed but approved'
    | 'amounts differ'
    | 'other transaction'
    | 'approval of nobody'
    | 'charge announced twice'
    | 'cancelled amounts differ'
    | 'cancel announced twice'
    | 'reservation differs'
    | 'key never issued'
    | 'key kept without payment'
    | 'key waits for nothing'
  /** imp_uid, or customer_uid for a rule about keys. */
  readonly subject: string
  readonly detail: string
}

/** What an audit looks at. A `TestApp`'s `parts` serve as `books`. */
export interface Books {
  readonly db: Queryable
  readonly vault: Vault
}

type Entry = LedgerView['entries'][number]

interface PaymentRow {
  readonly impUid: string
  readonly state: 'sending' | 'unknown' | 'paid' | 'failed' | 'cancelled'
  readonly amountWon: number
  readonly cancelAmountWon: number
  readonly pgId: string
  readonly pgTid: string | null
  readonly charges: number
  readonly reservedWon: number
  readonly cancelTaxFreeWon: number
  readonly cancels: readonly CancelRow[]
}

interface CancelRow {
  readonly state: 'sending' | 'unknown' | 'done' | 'failed'
  readonly amountWon: number
  readonly taxFreeWon: number
  readonly exchanges: number
}

// All merchants of the database together: imp_uid is random enough to be unique among them. Grouped first, since a
// look-up per row of a hundred thousand takes minutes.
const paymentsStatement = adHocSql(
  `with charges as (
     select merchant_id, imp_uid, count(*) as n from exchanges where purpose = 'charge' group by 1, 2),
   sent as (
     select merchant_id, cancel_id, count(*) as n from exchanges where cancel_id is not null group by 1, 2),
   refunds as (
     select merchant_id, imp_uid, json_agg(json_build_object('state', state, 'amountWon', amount,
       'taxFreeWon', tax_free, 'exchanges', coalesce(sent.n, 0))) as list
     from cancels left join sent using (merchant_id, cancel_id) group by 1, 2)
   select imp_uid as "impUid", state, amount as "amountWon", cancel_amount as "cancelAmountWon",
     pg_id as "pgId", pg_tid as "pgTid", coalesce(charges.n, 0) as charges,
     cancel_reserved as "reservedWon", cancel_tax_free as "cancelTaxFreeWon", coalesce(refunds.list, '[]') as cancels
   from payments left join charges using (merchant_id, imp_uid) left join refunds using (merchant_id, imp_uid)
   order by started_at, imp_uid`,
)

interface KeyRow {
  readonly merchantId: MerchantId
  readonly customerUid: string
  readonly sealed: Buffer
  /** Null: a billing key that may be charged. Else the payment it waits for. */
  readonly waitsFor: string | null
  readonly waitsForState: PaymentRow['state'] | null
}

const keysStatement = adHocSql(
  `select merchant_id as "merchantId", customer_uid as "customerUid", gateway_key_sealed as sealed,
     null::text as "waitsFor", null::text as "waitsForState"
   from billing_keys
   union all
   select k.merchant_id, k.customer_uid, k.gateway_key_sealed, k.imp_uid, p.state
   from pending_billing_keys k left join payments p using (merchant_id, imp_uid)`,
)

// The key issues that belong to a payment (the guide's §4), with what became of the payment.
const issuesStatement = adHocSql(
  `select e.order_number as "orderNumber", p.state
   from exchanges e join payments p using (merchant_id, imp_uid) where e.purpose = 'issue'`,
)

/**
 * Every breach of the money rules, none when books and ledger agree. Audit when nothing is under way: between an
 * approval and its settlement a payment is `sending`, which is no breach, but a cancel may be half way.
 */
export async function auditBooks({ db, vault }: Books, ledger: LedgerView): Promise<Breach[]> {
  const payments = (await db.query<PaymentRow>(paymentsStatement)).rows
  const approvals = approvalsByOrder(ledger)
  const known = new Set(payments.map(({ impUid }) => impUid))
  const strangers = [...approvals.keys()].filter((order) => !known.has(order))
  return [
    ...payments.flatMap((payment) => auditPayment(payment, approvals.get(payment.impUid) ?? [])),
    ...strangers.map((order) =>
      breach('approval of nobody', order, 'the ledger has it and we do not'),
    ),
    ...(await auditKeys({ db, vault }, ledger)),
  ]
}

/** Fails a test with the list of breaches. */
export async function assertBooksAgree(books: Books, ledger: LedgerView): Promise<void> {
  assert.deepEqual(await auditBooks(books, ledger), [])
}

function approvalsByOrder(ledger: LedgerView): Map<string, Entry[]> {
  return Map.groupBy(
    ledger.entries.filter(({ kind }) => kind === 'approval'),
    ({ orderno }) => orderno,
  )
}

function auditPayment(payment: PaymentRow, approvals: readonly Entry[]): Breach[] {
  const { impUid, state, charges } = payment
  const breaches: Breach[] = []
  const found = (rule: Breach['rule'], detail: string) =>
    breaches.push(breach(rule, impUid, detail))
  const [approval] = approvals
  if (approvals.length > 1)
    found('approved twice', `${approvals.length} approvals, we say ${state}`)
  if (charges > 1) found('charge announced twice', `${charges} exchanges that take money`)
  if (approval === undefined) {
    if (state === 'paid' || state === 'cancelled') found('paid without approval', `we say ${state}`)
    return breaches
  }
  if (state === 'failed') found('failed but approved', `${approval.daoutrx} took the money`)
  if (approval.amount !== payment.amountWon) {
    found('amounts differ', `${approval.amount} won approved, ${payment.amountWon} won asked`)
  }
  if (state === 'paid' || state === 'cancelled') {
    if (approval.daoutrx !== payment.pgTid || approval.cpid !== payment.pgId) {
      found('other transaction', `${approval.cpid} ${approval.daoutrx}, we say ${payment.pgTid}`)
    }
    auditCancels(payment, approval, found)
  }
  return breaches
}

// A refund we claim has happened. One that has happened without our knowing must be under way or unknown, and its
// amount reserved.
function auditCancels(
  payment: PaymentRow,
  approval: Entry,
  found: (rule: Breach['rule'], detail: string) => void,
): void {
  const { cancelAmountWon, reservedWon, cancels } = payment
  const given = approval.cancelledAmount
  const open = cancels.filter(({ state }) => state === 'sending' || state === 'unknown')
  const surpluses = sumsOf(open.map(({ amountWon }) => amountWon))
  if (!surpluses.has(given - cancelAmountWon)) {
    found('cancelled amounts differ', `${given} won given back, we say ${cancelAmountWon}`)
  }
  const openWon = total(open, ({ amountWon }) => amountWon)
  if (openWon !== reservedWon) {
    found('reservation differs', `${openWon} won on their way or unknown, ${reservedWon} reserved`)
  }
  const taken = cancels.filter(({ state }) => state !== 'failed')
  const taxFreeWon = total(taken, (cancel) => cancel.taxFreeWon)
  if (taxFreeWon !== payment.cancelTaxFreeWon) {
    found('reservation differs', `${taxFreeWon} won tax-free, we say ${payment.cancelTaxFreeWon}`)
  }
  if (cancels.some(({ exchanges }) => exchanges > 1)) {
    found('cancel announced twice', 'one cancel has several exchanges')
  }
}

function total<T>(items: readonly T[], wonOf: (item: T) => number): number {
  return items.reduce((sum, item) => sum + wonOf(item), 0)
}

/** Every sum that some of the amounts make, none of them included. */
function sumsOf(amounts: readonly number[]): Set<number> {
  const sums = new Set([0])
  // Of a copy: what is added must not be added to again.
  for (const amount of amounts) for (const sum of Array.from(sums)) sums.add(sum + amount)
  return sums
}

/** A usable key was issued, and one issued together with a payment is usable only if that was approved. */
async function auditKeys({ db, vault }: Books, ledger: LedgerView): Promise<Breach[]> {
  const issues = new Map<string, Entry>()
  for (const entry of ledger.entries) {
    if (entry.kind === 'key_issue' && entry.autokeySha256 !== null) {
      issues.set(entry.autokeySha256, entry)
    }
  }
  const paymentOfIssue = new Map<string, PaymentRow['state']>()
  for (const row of (
    await db.query<{ orderNumber: string; state: PaymentRow['state'] }>(issuesStatement)
  ).rows) {
    paymentOfIssue.set(row.orderNumber, row.state)
  }
  const breaches: Breach[] = []
  for (const key of (await db.query<KeyRow>(keysStatement)).rows) {
    const found = (rule: Breach['rule'], detail: string) =>
      breaches.push(breach(rule, key.customerUid, detail))
    const { merchantId, customerUid, sealed } = key
    const autokey = await vault.open(merchantId, gatewayKeyPurpose, customerUid, sealed)
    const issue = issues.get(ledgerHash(autokey.reveal()))
    if (issue === undefined) found('key never issued', 'its AUTOKEY is not in the ledger')
    if (key.waitsFor !== null) {
      const isAwaited = key.waitsForState === 'sending' || key.waitsForState === 'unknown'
      if (!isAwaited) found('key waits for nothing', `${key.waitsFor} is ${key.waitsForState}`)
      continue
    }
    const state = issue === undefined ? undefined : paymentOfIssue.get(issue.orderno)
    if (state !== undefined && state !== 'paid' && state !== 'cancelled') {
      found('key kept without payment', `the payment it came with is ${state}`)
    }
  }
  return breaches
}

/** How the ledger names an AUTOKEY without telling it: the start of its SHA-256. */
function ledgerHash(autokey: string): string {
  return createHash('sha256').update(autokey).digest('hex').slice(0, 16)
}

function breach(rule: Breach['rule'], subject: string, detail: string): Breach {
  return { rule, subject, detail }
}
