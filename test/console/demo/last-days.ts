// What happened in the demo shop's last days beside its everyday business, so that every page has something to show: unknown
// outcomes and how they ended, discrepancies, webhooks that were not taken, schedules that were moved.

import { cardFields, cardOf } from '../../api/orders.ts'
import { answerWith } from '../../support/webhook-receiver.ts'
import { type Act, instantOf, type Stage } from './stage.ts'

/** Names of things whose pages are worth a look. */
export interface Landmarks {
  /** Paid, and given back in part. */
  readonly partlyCancelled: string
  readonly unknown: string
  readonly declined: string
  readonly customerUid: string
  readonly scheduleId: string
  /** A webhook that the shop does not take at present. */
  readonly webhookId: string
  readonly channelKey: string
}

const neverTaken = 'order_1041'
const notTakenYet = 'order_1092'

interface Noted {
  partlyCancelled: string
  unknown: string
  declined: string
  scheduleId: string
}

export function lastDays(stage: Stage): {
  readonly acts: readonly Act[]
  readonly landmarks: () => Promise<Landmarks>
} {
  const noted: Noted = { partlyCancelled: '', unknown: '', declined: '', scheduleId: '' }
  return {
    acts: [
      ...unknownOutcomes(stage, noted),
      ...booksThatDiffer(stage),
      ...webhooksNotTaken(stage),
      ...thisDay(stage, noted),
    ],
    landmarks: async () => {
      const { as, owner, console } = stage
      const client = await as(owner)
      const deliveries = await client.ok('GET', '/webhooks/deliveries?state=pending')
      return {
        ...noted,
        customerUid: 'mb_1001',
        webhookId: deliveries.items[0].webhookId as string,
        channelKey: console.app.merchant.channel.channelKey,
      }
    },
  }
}

interface Ordered {
  readonly merchantUid: string
  readonly name: string
  readonly amountWon: number
  readonly buyer: string
  readonly fault?: string
  readonly issuer?: string
}

/** Sells something; gives its imp_uid. */
async function order(stage: Stage, wanted: Ordered): Promise<string> {
  if (wanted.fault !== undefined) await stage.control('/_faults', { fault: wanted.fault })
  const { response } = await stage.call('POST', '/subscribe/payments/onetime', {
    merchant_uid: wanted.merchantUid,
    name: wanted.name,
    amount: wanted.amountWon,
    buyer_name: wanted.buyer,
    buyer_tel: '010-0000-2580',
    buyer_addr: '서울특별시 성동구 왕십리로 00',
    buyer_postcode: '04766',
    ...cardFields(cardOf(wanted.issuer ?? '현대카드')),
  })
  if (response !== null) return response.imp_uid as string
  const { items } = await (
    await stage.as(stage.owner)
  ).ok('GET', `/payments?q=${wanted.merchantUid}`)
  return items[0].impUid as string
}

function unknownOutcomes(stage: Stage, noted: Noted): Act[] {
  const dripBag = { name: '드립백 세트 20개입', amountWon: 18_000 }
  const gift = { name: '선물 포장 (원두 2종)', amountWon: 39_000 }
  const lost = (daysAgo: number, time: string, ordered: Ordered): Act => ({
    atMs: instantOf(daysAgo, time),
    run: async () => {
      noted.unknown = await order(stage, ordered)
    },
  })
  return [
    lost(8, '13:05', { merchantUid: 'order_1018', ...gift, buyer: '오지민', fault: 'answer_lost' }),
    lost(7, '19:30', {
      merchantUid: 'order_1027',
      ...dripBag,
      buyer: '한서준',
      fault: 'reset_before_commit',
    }),
    lost(4, '16:02', { merchantUid: 'order_1049', ...gift, buyer: '권하은', fault: 'http_502' }),
    { atMs: instantOf(4, '16:40'), run: () => settleByHand(stage, noted.unknown) },
    lost(0, '14:51', {
      merchantUid: 'order_1090',
      ...dripBag,
      buyer: '임도윤',
      fault: 'answer_lost',
    }),
    lost(0, '15:04', { merchantUid: 'order_1091', ...gift, buyer: '서지우', fault: 'truncated' }),
  ]
}

async function settleByHand({ as, clerk, console }: Stage, impUid: string): Promise<void> {
  const found = console.app.simulator.ledger().entries.find(({ orderno }) => orderno === impUid)
  if (found === undefined) throw new Error(`${impUid} was not charged`)
  await (
    await as(clerk)
  ).ok('POST', `/payments/${impUid}/resolve`, {
    verdict: 'charged',
    transactionId: found.daoutrx,
    reason: '페이조아 관리자에서 승인 내역을 확인했습니다.',
  })
}

function booksThatDiffer(stage: Stage): Act[] {
  const { console, as, clerk } = stage
  const { pgId: cpid } = console.app.merchant.channel
  const inAdmin = (orderno: string, amount: number) => () =>
    stage.control('/_admin/approvals', { cpid, orderno, amount })
  const cancelOneInAdmin = async () => {
    const { entries } = console.app.simulator.ledger()
    const approval = entries.findLast(
      ({ kind, orderno, amount }) =>
        kind === 'approval' && orderno.startsWith('imps_') && amount > 20_000,
    )
    await stage.control('/_admin/cancels', { daoutrx: approval?.daoutrx, amount: 5_000 })
  }
  const explain = async () => {
    const client = await as(clerk)
    const { items } = await client.ok('GET', '/discrepancies')
    await client.ok('POST', `/discrepancies/${items[0].discrepancyId}/resolve`, {
      resolution: '전화 주문을 관리자 화면에서 직접 승인한 건입니다.',
    })
  }
  return [
    { atMs: instantOf(6, '11:20'), run: inAdmin('PHONE-0713', 55_000) },
    { atMs: instantOf(5, '10:30'), run: explain },
    { atMs: instantOf(2, '18:05'), run: inAdmin('PHONE-0714', 39_000) },
    { atMs: instantOf(2, '18:30'), run: cancelOneInAdmin },
  ]
}

function webhooksNotTaken(stage: Stage): Act[] {
  const { receiver } = stage
  const isRefused = (body: string) => body.includes(neverTaken) || body.includes(notTakenYet)
  const answering = () =>
    receiver.answer((response, received) =>
      answerWith(isRefused(received.body) ? 500 : 200)(response, received),
    )
  const setAnswer = (answer: () => void) => async () => answer()
  const sale = (merchantUid: string, buyer: string) => async () =>
    void (await order(stage, {
      merchantUid,
      name: '콜드브루 원액 1L',
      amountWon: 23_500,
      buyer,
      issuer: '삼성카드',
    }))
  return [
    { atMs: instantOf(11, '09:30'), run: setAnswer(answering) },
    { atMs: instantOf(9, '10:58'), run: setAnswer(() => receiver.answer(503)) },
    { atMs: instantOf(9, '14:10'), run: setAnswer(answering) },
    { atMs: instantOf(6, '09:40'), run: sale(neverTaken, '신예준') },
    { atMs: instantOf(0, '14:58'), run: sale(notTakenYet, '황나연') },
  ]
}

function thisDay(stage: Stage, noted: Noted): Act[] {
  const { as, clerk } = stage
  const sale = (merchantUid: string, fault?: string): Ordered => ({
    merchantUid,
    name: '핸드드립 입문 세트',
    amountWon: 68_000,
    buyer: '윤수아',
    issuer: 'KB국민카드',
    ...(fault !== undefined && { fault }),
  })
  const giveBack = async () => {
    await (
      await as(clerk)
    ).ok('POST', `/payments/${noted.partlyCancelled}/cancel`, {
      amountWon: 20_000,
      checksumWon: 68_000,
      reason: '드리퍼 파손으로 부분 환불',
    })
  }
  return [
    {
      atMs: instantOf(1, '13:20'),
      run: async () => void (noted.partlyCancelled = await order(stage, sale('order_1077'))),
    },
    { atMs: instantOf(0, '11:42'), run: giveBack },
    {
      atMs: instantOf(0, '13:15'),
      run: async () => void (noted.declined = await order(stage, sale('order_1085', 'over_limit'))),
    },
    { atMs: instantOf(0, '14:20'), run: () => moveSchedules(stage, noted) },
  ]
}

async function moveSchedules({ as, clerk }: Stage, noted: Noted): Promise<void> {
  const client = await as(clerk)
  const { items } = await client.ok('GET', '/schedules?state=scheduled&order=oldest&limit=2')
  const [first, second] = items as { scheduleId: string }[]
  await client.ok('POST', `/schedules/${first?.scheduleId}/reschedule`, {
    dueAt: new Date(instantOf(-4, '11:00')).toISOString(),
  })
  await client.ok('POST', `/schedules/${second?.scheduleId}/revoke`, {
    reason: '다음 달 한 번 건너뛰기 요청',
  })
  noted.scheduleId = first?.scheduleId ?? ''
}
