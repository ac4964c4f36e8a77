// Looking through a merchant's billing keys by page, last issued first. Rows are walked along an index
// (db/walk-rows.ts).

import { type Queryable, sql, type SqlValue, type Statement } from '../db/database.ts'
import { type Path, type Place, type Walked, walkRows, walkText } from '../db/walk-rows.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { BillingKey } from './billing-key.ts'
import { billingKeyColumns } from './billing-keys.store.ts'

/** Null: whatever it is. */
export interface BillingKeyFilter {
  /** The beginning of a customer_uid. */
  readonly words: string | null
  readonly channelKey: string | null
  readonly sandbox: boolean | null
}

// $7 to $10; the last one is what the way is chosen by.
const base = {
  relation: 'billing_keys',
  at: 'updated_at',
  id: 'customer_uid',
  idType: 'text',
  where: '$10::text is null',
  matches: `($7::text is null or channel_key = $7) and ($8::boolean is null or sandbox = $8)
     and ($9::text is null or starts_with(customer_uid, $9))`,
  columns: billingKeyColumns,
} satisfies Path

const statements = {
  all: sql('search_billing_keys_all', walkText(base, 'newest')),
  // Few, by their names; put in order then.
  found: sql(
    'search_billing_keys_found',
    walkText(
      {
        ...base,
        before: `with found as materialized (
     select * from billing_keys where merchant_id = $1 and customer_uid = any($10::text[]))`,
        relation: 'found',
        where: 'true',
      },
      'newest',
    ),
  ),
} as const

const pageReach = 10_000

/** A page of a merchant's keys. May end early. */
export async function searchBillingKeys(
  db: Queryable,
  owner: MerchantId,
  { words, channelKey, sandbox }: BillingKeyFilter,
  { after, limit }: { readonly after: Place | undefined; readonly limit: number },
): Promise<Walked<BillingKey>> {
  const found = words === null ? null : await findByWords(db, owner, words)
  const statement: Statement = found === null ? statements.all : statements.found
  const filters: SqlValue[] = [channelKey, sandbox, words, found]
  const walk = {
    order: 'newest',
    after,
    limit,
    reach: pageReach,
    fromMs: null,
    toMs: null,
  } as const
  return walkRows<BillingKey>(db, statement, { owner, walk, idType: base.idType, filters })
}

// In the index's own order by bytes, as payments/payment-search.store.ts does.
const findByWordsStatement = sql(
  'find_billing_keys_by_words',
  `select customer_uid as "customerUid" from billing_keys
   where merchant_id = $1 and customer_uid ~>=~ $2 and customer_uid ~<=~ ($2 || chr(1114111)) limit $3`,
)

const foundMax = 1_000

/** The customer_uids of few keys; null: they are many. */
async function findByWords(
  db: Queryable,
  owner: MerchantId,
  words: string,
): Promise<string[] | null> {
  const values = [owner, words, foundMax + 1]
  const { rows } = await db.query<{ customerUid: string }>(findByWordsStatement, values)
  return rows.length > foundMax ? null : rows.map(({ customerUid }) => customerUid)
}

const findReplacedStatement = sql(
  'find_replaced_card',
  `select replaced_card_number_masked as "cardNumberMasked" from billing_keys
   where merchant_id = $1 and customer_uid = $2`,
)

/** The card that the key had before this one; null: none. */
export async function findReplacedCard(
  db: Queryable,
  owner: MerchantId,
  customerUid: string,
): Promise<string | null> {
  const { rows } = await db.query<{ cardNumberMasked: string | null }>(findReplacedStatement, [
    owner,
    customerUid,
  ])
  return rows[0]?.cardNumberMasked ?? null
}
