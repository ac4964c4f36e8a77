// Wrong proofs in a row, counted for all processes together. A try is counted before it is judged, so that a hundred at
// once count as a hundred; who turns out to be right is forgiven.

import { createHash } from 'node:crypto'

import { installationTrail } from '../audit/audit-event.ts'
import { instant, type Queryable, sql } from '../db/database.ts'

/** What is counted: an account, whether it exists or not, or an address. */
export type TrySubject =
  | { readonly kind: 'account'; readonly email: string }
  | { readonly kind: 'address'; readonly address: string }

interface Patience {
  /** Tries that may fail without a wait. */
  readonly free: number
  /** The first wait; each further failure doubles it. */
  readonly firstMs: number
  readonly mostMs: number
}

// A stranger who knows an e-mail can hold its owner up, but never for longer than this at a time; an address that tries
// many accounts waits longer.
const patienceOf: Readonly<Record<TrySubject['kind'], Patience>> = {
  account: { free: 5, firstMs: 2_000, mostMs: 5 * 60_000 },
  address: { free: 20, firstMs: 5_000, mostMs: 15 * 60_000 },
}

/** A row of failures that nobody has added to for so long is forgotten. */
export const forgetAfterMs = 24 * 3_600_000

const takeStatement = sql(
  'take_sign_in_try',
  `insert into sign_in_tries as t (merchant_id, subject_hash, failures, blocked_until, tried_at)
   values ($7, $1, 1, $2, $2)
   on conflict (merchant_id, subject_hash) do update set
     failures = case when t.tried_at < $3 then 1 else t.failures + 1 end,
     blocked_until = case when t.tried_at < $3 or t.failures + 1 <= $4 then $2::timestamptz
       else $2::timestamptz + least($6::bigint, $5::bigint * power(2, least(t.failures - $4, 30)))
         * interval '1 millisecond' end,
     tried_at = $2
   where t.blocked_until <= $2
   returning failures`,
)

const findBlockStatement = sql(
  'find_sign_in_block',
  `select blocked_until as "untilMs" from sign_in_tries where merchant_id = $1 and subject_hash = $2`,
)

/** Counts a try. Gives 0 when it may be made, else how long to wait; a try that may not be made is not counted. */
export async function takeTry(db: Queryable, subject: TrySubject, nowMs: number): Promise<number> {
  const hash = hashOf(subject)
  const { free, firstMs, mostMs } = patienceOf[subject.kind]
  const now = instant(nowMs)
  const since = instant(nowMs - forgetAfterMs)
  const values = [hash, now, since, free, firstMs, mostMs, installationTrail]
  if ((await db.query(takeStatement, values)).rowCount === 1) return 0
  return Math.max(1, (await blockedUntilMs(db, subject)) - nowMs)
}

async function blockedUntilMs(db: Queryable, subject: TrySubject): Promise<number> {
  const values = [installationTrail, hashOf(subject)]
  return (await db.query<{ untilMs: number }>(findBlockStatement, values)).rows[0]?.untilMs ?? 0
}

const listBlocksStatement = sql(
  'list_sign_in_blocks',
  `select encode(subject_hash, 'hex') as "hash", blocked_until as "untilMs" from sign_in_tries
   where merchant_id = $1 and subject_hash = any(select decode(h, 'hex') from unnest($2::text[]) as h)
     and blocked_until > $3`,
)

/** Until when each of these accounts is kept out; those that are not are left out. */
export async function listBlockedAccounts(
  db: Queryable,
  emails: readonly string[],
  nowMs: number,
): Promise<Map<string, number>> {
  const byHash = new Map(
    emails.map((email) => [hashOf({ kind: 'account', email }).toString('hex'), email]),
  )
  const { rows } = await db.query<{ hash: string; untilMs: number }>(listBlocksStatement, [
    installationTrail,
    [...byHash.keys()],
    instant(nowMs),
  ])
  return new Map(rows.map(({ hash, untilMs }) => [byHash.get(hash) as string, untilMs]))
}

const forgiveStatement = sql(
  'forgive_sign_in_tries',
  `delete from sign_in_tries where merchant_id = $1 and subject_hash = $2`,
)

/** Whoever was right has no failures. */
export async function forgiveAccount(db: Queryable, email: string): Promise<void> {
  await db.query(forgiveStatement, [installationTrail, hashOf({ kind: 'account', email })])
}

const giveBackStatement = sql(
  'give_back_sign_in_try',
  `update sign_in_tries set failures = greatest(0, failures - 1), blocked_until = tried_at
   where merchant_id = $1 and subject_hash = $2`,
)

/** Takes back the one try that was right; failures before it stay, of other accounts or of the second factor. */
export async function giveBackTry(db: Queryable, subject: TrySubject): Promise<void> {
  await db.query(giveBackStatement, [installationTrail, hashOf(subject)])
}

const sweepStatement = sql(
  'sweep_sign_in_tries',
  `delete from sign_in_tries where merchant_id = $1 and tried_at < $2`,
)

export async function sweepTries(db: Queryable, nowMs: number): Promise<void> {
  await db.query(sweepStatement, [installationTrail, instant(nowMs - forgetAfterMs)])
}

function hashOf(subject: TrySubject): Buffer {
  const value = subject.kind === 'account' ? subject.email : networkOf(subject.address)
  return createHash('sha256').update(`${subject.kind}\n${value}`).digest()
}

/** One IPv6 customer has a whole /64. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const left = head.split(':').filter((part) => part !== '')
  const right = (tail ?? '').split(':').filter((part) => part !== '')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return `${groups.slice(0, 4).join(':')}::/64`
}
