// Brings a fact of the gateway's into our books: what it proves is settled, what it contradicts is raised. Doing it
// twice changes nothing, so a notification that comes again, a file that is read again, or a kill between do no harm.

import type { Channel } from '../accounts/channel.ts'
import type { Queryable } from '../db/database.ts'
import { isUniqueViolation } from '../db/pg-errors.ts'
import { settleCancelByEvidence } from '../payments/cancels.store.ts'
import { merchantUidTaken } from '../payments/intents.store.ts'
import { settleByEvidence } from '../payments/payments.store.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource } from '../primitives/ids.ts'
import { raiseDiscrepancies } from './discrepancies.store.ts'
import { type FactSourceName, findBooks, type ToldFact } from './facts.store.ts'
import { type CancelsTold, type FactRuling, judgeFact } from './judge-fact.ts'

export interface FactDependencies {
  readonly db: Queryable
  readonly clock: Clock
  readonly ids: IdSource
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
  }
  readonly observer: EvidenceObserver
}

export interface EvidenceObserver {
  /** Evidence ended an unknown payment or cancel. */
  evidenceSettled(ended: {
    readonly what: 'payment' | 'cancel'
    readonly happened: boolean
    readonly source: FactSourceName
  }): void
}

export type FactChannel = Pick<Channel, 'merchantId' | 'channelKey' | 'lateApprovals'>

export interface FactSource {
  readonly name: FactSourceName
  /** Shown with the evidence: `PAYJOA notification`, `daily file of 20260101`. */
  readonly words: string
  /** All cancels under this ORDERNO that a file lists. Notifications are counted as they were kept. */
  readonly cancelsTold?: CancelsTold
}

export const byNotification: FactSource = { name: 'notification', words: 'PAYJOA notification' }

/** What has become of it. `settled`: it ended something that was open. `raised`: it is a new discrepancy. */
export type FactApplied = 'known' | 'waits' | 'settled' | 'raised'

// Another answer, operator or process may settle between our look and our write; then it is judged anew.
const triesMax = 4

export async function applyFact(
  deps: FactDependencies,
  channel: FactChannel,
  fact: ToldFact,
  source: FactSource,
): Promise<FactApplied> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const books = await findBooks(deps.db, channel.merchantId, fact.orderNumber, source.cancelsTold)
    const ruling = judgeFact(fact, books, channel)
    const applied = await carryOut(deps, channel, {
      fact,
      source,
      ruling,
      isOurs: books.payment !== undefined,
    })
    if (applied !== 'overtaken') return applied
  }
  return 'waits'
}

interface Ruled {
  readonly fact: ToldFact
  readonly source: FactSource
  readonly ruling: FactRuling
  readonly isOurs: boolean
}

async function carryOut(
  deps: FactDependencies,
  channel: FactChannel,
  ruled: Ruled,
): Promise<FactApplied | 'overtaken'> {
  const { ruling } = ruled
  switch (ruling.kind) {
    case 'known':
      return 'known'
    case 'wait':
      return 'waits'
    case 'charged':
      return settleCharged(deps, channel, { ...ruled, ruling })
    case 'cancelled':
      return settleCancelled(deps, channel, { ...ruled, ruling })
    case 'discrepancy':
      return raise(deps, channel, { ...ruled, ruling })
  }
}

type RuledAs<Kind extends FactRuling['kind']> = Omit<Ruled, 'ruling'> & {
  readonly ruling: Extract<FactRuling, { readonly kind: Kind }>
}

async function raise(
  { db, clock, log }: FactDependencies,
  { merchantId, channelKey }: FactChannel,
  { fact, ruling: { about: kind, detail }, isOurs }: RuledAs<'discrepancy'>,
): Promise<FactApplied> {
  const { transactionId, orderNumber, amountWon } = fact
  const impUid = isOurs ? orderNumber : null
  const found = { kind, channelKey, impUid, orderNumber, transactionId, amountWon, detail }
  if ((await raiseDiscrepancies(db, merchantId, [found], clock.now())) === 0) return 'known'
  log.warn({ kind, orderNumber, transactionId }, 'a discrepancy was found')
  return 'raised'
}

async function settleCharged(
  { db, clock, ids, log, observer }: FactDependencies,
  { merchantId }: FactChannel,
  { fact, source, ruling }: RuledAs<'charged'>,
): Promise<FactApplied | 'overtaken'> {
  const payment = { merchantId, impUid: fact.orderNumber }
  const settlement = {
    state: 'paid',
    atMs: clock.now(merchantId),
    pgTid: fact.transactionId,
    applyNum: fact.approvalNumber,
    failure: null,
    failReason: null,
    cardCode: fact.issuer?.code ?? null,
    cardName: fact.issuer?.name ?? null,
    webhookId: ids.uuid(),
    from: ruling.from,
    giveBack: ruling.giveBack,
  } as const
  const evidence = evidenceOf(ids, fact, source)
  try {
    const settled = await settleByEvidence(db, payment, settlement, {
      ...evidence,
      verdict: 'charged',
    })
    if (settled === undefined) return 'overtaken'
  } catch (error) {
    // Its order was paid by another payment in this very moment.
    if (isUniqueViolation(error, merchantUidTaken)) return 'overtaken'
    throw error
  }
  observer.evidenceSettled({ what: 'payment', happened: true, source: source.name })
  log.info(
    { impUid: fact.orderNumber, source: source.name, giveBack: ruling.giveBack },
    'evidence: charged',
  )
  return 'settled'
}

async function settleCancelled(
  { db, clock, ids, log, observer }: FactDependencies,
  { merchantId }: FactChannel,
  { fact, source, ruling }: RuledAs<'cancelled'>,
): Promise<FactApplied | 'overtaken'> {
  const { cancelId } = ruling
  const settlement = {
    state: 'done',
    atMs: clock.now(merchantId),
    pgTid: fact.transactionId,
    failure: null,
    failReason: null,
    webhookId: ids.uuid(),
  } as const
  const evidence = { ...evidenceOf(ids, fact, source), verdict: 'cancelled' } as const
  if (!(await settleCancelByEvidence(db, { merchantId, cancelId }, settlement, evidence)))
    return 'overtaken'
  observer.evidenceSettled({ what: 'cancel', happened: true, source: source.name })
  log.info({ impUid: fact.orderNumber, cancelId, source: source.name }, 'evidence: cancelled')
  return 'settled'
}

function evidenceOf(ids: IdSource, fact: ToldFact, source: FactSource) {
  return {
    evidenceId: ids.uuid(),
    source: source.name,
    actor: 'payjoa',
    reason: `${source.words}: DAOUTRX ${fact.transactionId}, ${fact.amountWon} won`,
  }
}
