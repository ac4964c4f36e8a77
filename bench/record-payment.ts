// The SQL of one payment as the product sends it, for the ceiling of the database. An API node is run by way of a tap,
// asked for the same payment a few times, and the statements of the last time are kept. Nobody writes them down by hand,
// so what a change adds to a payment is added to its ceiling too.

import { background } from '../test/costs/expected-costs.ts'
import { startStatementTap, type TappedStatement } from '../test/support/statement-tap.ts'
import type { RecordedStatement } from './load/task.ts'
import { type Rig, liveToken, startBillkey } from './rig.ts'
import { againBody } from './rows/requests.ts'

// Enough for caches to be filled, and for every connection of the pool to have prepared what it needs.
const rehearsals = 5

export async function recordAgain(rig: Rig): Promise<RecordedStatement[]> {
  const tap = await startStatementTap(rig.databaseUrl)
  const environment = { DATABASE_URL: tap.connectionString, BILLKEY_CONSOLE: 'off' }
  const api = await startBillkey({ ...rig, profileDir: null }, 'api', environment)
  try {
    const token = await liveToken(rig)
    for (let time = 0; time < rehearsals; time += 1) await pay(api.url, token, `rehearsal-${time}`)
    tap.take()
    const merchantUid = 'recorded-1'
    await pay(api.url, token, merchantUid)
    const mine = tap.take().filter(isOfPayment)
    return toReplay(mine, merchantUid)
  } finally {
    await api.stop()
    await tap.close()
  }
}

async function pay(url: string, token: string, merchantUid: string): Promise<void> {
  const reply = await fetch(`${url}/subscribe/payments/again`, {
    method: 'POST',
    headers: { authorization: token, 'content-type': 'application/json' },
    body: againBody(0).replace('order-{unique}', merchantUid),
  })
  const text = await reply.text()
  if (!text.includes('"status":"paid"')) throw new Error(`the payment to record failed: ${text}`)
}

/** Not what every process does by itself, whatever is paid. */
function isOfPayment({ name }: TappedStatement): boolean {
  return name !== null && !Object.hasOwn(background, name)
}

const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** What is unique to a payment becomes a place to be filled in; it is the same thing wherever it stands. */
function toReplay(
  statements: readonly TappedStatement[],
  merchantUid: string,
): RecordedStatement[] {
  const uuids = new Map<string, string>()
  const nameOfUuid = (uuid: string) => {
    const known = uuids.get(uuid) ?? `{uuid:${uuids.size}}`
    uuids.set(uuid, known)
    return known
  }
  const generalize = (value: string | null | undefined): string | null => {
    if (value === undefined) throw new Error('a value was sent in binary: it cannot be replayed')
    return (
      value
        ?.replaceAll(merchantUid, 'order-{unique}')
        .replaceAll(/\bimps_\d{12}\b/g, 'impq_{unique}')
        // Channel keys have a UUID in them that is the merchant's, not the payment's.
        .replaceAll(/channel-key-[0-9a-f-]{36}|[0-9a-f]{8}-[0-9a-f-]{27}/g, (found) =>
          found.startsWith('channel') ? found : found.replace(uuidPattern, nameOfUuid),
        ) ?? null
    )
  }
  return statements.map(({ name, text, values }) => ({
    name: name ?? '',
    text,
    values: values.map(generalize),
  }))
}

/** One line of what was recorded, for the notes of a row. */
export function describeRecording(statements: readonly RecordedStatement[]): string {
  return `the SQL of one payment, recorded from the API node: ${statements.map(({ name }) => name).join(', ')}`
}
