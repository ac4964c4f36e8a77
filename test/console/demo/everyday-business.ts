// What the demo shop does every day: customers come and go, coffee is charged each month, other goods are sold once, and now
// and then money goes back.

import { type Randomness, seededRandomness } from '../../../simulator/randomness.ts'
import { type DemoCustomer, goods, pick } from './customers.ts'
import { type Act, instantOf, type Stage } from './stage.ts'

const birth = { birth: '900101', pwd_2digit: '00' }
/** How far schedules reach beyond the shop's present. */
const reservedDays = 40

const regrets = ['단순 변심', '배송 지연', '원두 품절로 부분 환불', '중복 주문', '고객 요청']

export function everydayBusiness(
  stage: Stage,
  people: readonly DemoCustomer[],
  days: number,
): Act[] {
  const random = seededRandomness(days)
  const joining = people.map((person) => ({
    atMs: instantOf(days - person.joinsOnDay, timeBetween(random, 11, 14)),
    run: () => join(stage, person),
  }))
  const leaving = people
    .filter((_, at) => at % 11 === 3)
    .map((person) => ({ person, daysAgo: days - person.joinsOnDay - 45 }))
    .filter(({ daysAgo }) => daysAgo > 0)
    .map(({ person, daysAgo }) => ({
      atMs: instantOf(daysAgo, '17:10'),
      run: () => leave(stage, person),
    }))
  return [...joining, ...leaving, ...sales(stage, { random, people, days })]
}

async function join(stage: Stage, person: DemoCustomer): Promise<void> {
  const { customerUid, plan, name, email, tel, card } = person
  const buyer = { name: plan.name, buyer_name: name, buyer_email: email, buyer_tel: tel }
  if (person.isRefused) {
    const path = `/subscribe/customers/${customerUid}`
    await must(stage, path, { ...card, ...birth, customer_name: name, customer_email: email })
  } else {
    await must(stage, '/subscribe/payments/onetime', {
      customer_uid: customerUid,
      merchant_uid: `join_${customerUid}`,
      amount: plan.amountWon,
      ...buyer,
      ...card,
      ...birth,
    })
  }
  const schedules = monthsFrom(stage.clock.now()).map((due) => {
    const month = due.toISOString().slice(0, 7).replace('-', '')
    const merchant_uid = `sub_${customerUid}_${month}`
    const when = { merchant_uid, schedule_at: due.getTime() / 1000, amount: plan.amountWon }
    return Object.assign(when, buyer)
  })
  await must(stage, '/subscribe/payments/schedule', { customer_uid: customerUid, schedules })
}

/** 10:00 in Korea on that day of each following month. Nobody is charged on a 29th, which some months lack. */
function monthsFrom(fromMs: number): Date[] {
  const from = new Date(fromMs)
  const day = Math.min(28, from.getUTCDate())
  return Array.from(
    { length: 12 },
    (_, at) => new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + at + 1, day, 1)),
  ).filter((due) => due.getTime() < instantOf(-reservedDays, '12:00'))
}

async function leave({ as, clerk }: Stage, { customerUid }: DemoCustomer): Promise<void> {
  const client = await as(clerk)
  await client.ok('DELETE', `/billing-keys/${customerUid}`, {
    pendingSchedules: 'revoke',
    reason: '구독 해지 요청',
  })
}

interface Trade {
  readonly random: Randomness
  readonly people: readonly DemoCustomer[]
  readonly days: number
}

function sales(stage: Stage, { random, people, days }: Trade): Act[] {
  return Array.from({ length: days }, (_, at) => days - 1 - at).flatMap((daysAgo) => {
    const present = people.filter(
      ({ joinsOnDay, isRefused }) => !isRefused && joinsOnDay < days - daysAgo - 1,
    )
    const count = Math.floor(random.unit() * 3) + (daysAgo === 0 ? 2 : 0)
    return Array.from({ length: count }, (_unused, nth) => {
      const atMs = instantOf(daysAgo, timeBetween(random, 11, 14))
      const item = pick(random, goods)
      const isDeclined = random.unit() < 0.08
      const isRegretted = random.unit() < 0.1 && daysAgo > 0
      const customer = present.length > 0 && random.unit() < 0.6 ? pick(random, present) : null
      const day = new Date(instantOf(daysAgo, '12:00')).toISOString().slice(0, 10)
      const merchantUid = `order_${day.replaceAll('-', '')}_${nth + 1}`
      const fault = isDeclined ? pick(random, ['declined', 'over_limit', 'stolen']) : null
      const reason = pick(random, regrets)
      const sale = { merchantUid, item, customer, fault, buyer: pick(random, people) }
      return { atMs, run: () => sell(stage, sale, isRegretted ? reason : null) }
    })
  })
}

interface Sale {
  readonly merchantUid: string
  readonly item: (typeof goods)[number]
  /** Pays by the stored card; null: by a card that is not stored. */
  readonly customer: DemoCustomer | null
  readonly buyer: DemoCustomer
  readonly fault: string | null
}

async function sell(stage: Stage, sale: Sale, regret: string | null): Promise<void> {
  if (sale.fault !== null) await stage.control('/_faults', { fault: sale.fault })
  const { customer, buyer, item } = sale
  const order = {
    merchant_uid: sale.merchantUid,
    amount: item.amountWon,
    name: item.name,
    buyer_name: (customer ?? buyer).name,
    buyer_tel: (customer ?? buyer).tel,
  }
  const isKnown = customer !== null && (await hasKey(stage, customer))
  const answer = isKnown
    ? await stage.call('POST', '/subscribe/payments/again', {
        customer_uid: customer.customerUid,
        ...order,
      })
    : await stage.call('POST', '/subscribe/payments/onetime', { ...order, ...buyer.card, ...birth })
  const impUid = answer.response?.imp_uid as string | undefined
  if (regret === null || sale.fault !== null || impUid === undefined) return
  const client = await stage.as(stage.clerk)
  const payment = await client.ok('GET', `/payments/${impUid}`)
  if (payment.cancellableWon === 0) return
  await client.ok('POST', `/payments/${impUid}/cancel`, {
    ...(regret.includes('부분') && { amountWon: Math.round(item.amountWon / 2_000) * 1_000 }),
    checksumWon: payment.cancellableWon,
    reason: regret,
  })
}

async function hasKey(stage: Stage, { customerUid }: DemoCustomer): Promise<boolean> {
  return (await stage.call('GET', `/subscribe/customers/${customerUid}`)).code === 0
}

async function must(stage: Stage, path: string, body: object): Promise<void> {
  const answer = await stage.call('POST', path, body)
  if (answer.code !== 0) throw new Error(`${path}: ${String(answer.message)}`)
}

function timeBetween(random: Randomness, fromHour: number, toHour: number): string {
  const minutes = Math.floor(random.unit() * (toHour - fromHour) * 60)
  return `${fromHour + Math.floor(minutes / 60)}:${minutes % 60}`
}
