// What an archive holds, next to what the database kept of it.

import type { ArchivedExchange, ArchivedPayment } from '../archive/archive-records.ts'
import { compareExchanges, countThinned } from '../archive/archived-payments.store.ts'
import { isTally, type OpenArchive } from '../archive/read-archive.ts'
import { provedExchanges } from '../archive/thin-payments.ts'
import type { Database, Queryable } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface ComparedArchive {
  /** Records whose digest the tables kept. */
  readonly same: number
  readonly other: number
  /** Still in the tables, or taken out of them into another archive. */
  readonly elsewhere: number
  /** Said by the tables to be in this archive, and not there. */
  readonly missing: number
}

const paymentsPerLook = 500

/** Holds every record of a file against the row that it was taken from. */
export async function compareWithTables(
  db: Database,
  { archiveId, parts }: OpenArchive,
): Promise<ComparedArchive> {
  const sum = { same: 0, other: 0, elsewhere: 0, missing: 0 }
  let batch: ArchivedPayment[] = []
  let found = 0
  async function compare(owner: MerchantId) {
    if (batch.length === 0) return
    const exchanges = batch.flatMap(provedExchanges)
    const { same, other, elsewhere } = await compareExchanges(db, owner, archiveId, exchanges)
    sum.same += same
    sum.other += other
    sum.elsewhere += elsewhere
    found += same + other
    batch = []
  }
  for await (const part of parts) {
    if (isTally(part)) {
      await compare(part.merchantId)
      sum.missing += (await countThinned(db, part.merchantId, archiveId)) - found
      found = 0
    } else {
      batch.push(part)
      if (batch.length === paymentsPerLook) await compare(part.merchantId)
    }
  }
  return sum
}

/** What a file holds of a payment, for people; several where merchants share an imp_uid. */
export async function showPayment(
  db: Queryable,
  { archiveId, parts }: OpenArchive,
  impUid: string,
): Promise<object[]> {
  const shown: object[] = []
  for await (const part of parts) {
    if (isTally(part) || part.impUid !== impUid) continue
    const { merchantId, about, exchanges, attempts } = part
    shown.push({
      archiveId,
      merchantId,
      impUid,
      ...about,
      exchanges: await Promise.all(
        exchanges.map((exchange) => showExchange(db, { archiveId, payment: part, exchange })),
      ),
      webhookAttempts: attempts.map(({ webhookId, attempt, row }) =>
        Object.assign({ webhookId, attempt }, JSON.parse(row) as object),
      ),
    })
  }
  return shown
}

async function showExchange(
  db: Queryable,
  { archiveId, payment, exchange }: ShownExchange,
): Promise<object> {
  const [proved] = provedExchanges({ ...payment, exchanges: [exchange] })
  if (proved === undefined) return {}
  const { same, other } = await compareExchanges(db, payment.merchantId, archiveId, [proved])
  return {
    exchangeId: exchange.exchangeId,
    ...exchange.about,
    record: JSON.parse(exchange.record) as unknown,
    recordDigest: proved.digest,
    database: same > 0 ? 'kept this digest' : other > 0 ? 'kept another digest' : 'kept no digest',
  }
}

interface ShownExchange {
  readonly archiveId: string
  readonly payment: ArchivedPayment
  readonly exchange: ArchivedExchange
}
