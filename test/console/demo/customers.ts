// The customers of the demo shop, made up from a seed: names, cards of the simulator's issuers, plans, and the day on
// which each came. None of them is anybody.

import { type Randomness, seededRandomness } from '../../../simulator/randomness.ts'
import { issuerBins } from '../../../simulator/test-cards.ts'
import { cardThat } from '../../api/orders.ts'

export interface Plan {
  readonly name: string
  readonly amountWon: number
}

export interface DemoCustomer {
  readonly customerUid: string
  readonly name: string
  readonly email: string
  readonly tel: string
  readonly card: { readonly card_number: string; readonly expiry: string }
  readonly plan: Plan
  /** Days after the shop has opened. */
  readonly joinsOnDay: number
  /** A card that registers and is refused at every charge: the first month was free. */
  readonly isRefused: boolean
}

const plans: readonly Plan[] = [
  { name: '모닝브루 베이직 (원두 200g)', amountWon: 14_900 },
  { name: '모닝브루 스탠다드 (원두 500g)', amountWon: 24_900 },
  { name: '모닝브루 프리미엄 (원두 1kg)', amountWon: 42_000 },
]

/** What is sold once, beside the plans. */
export const goods: readonly Plan[] = [
  { name: '드립백 세트 20개입', amountWon: 18_000 },
  { name: '콜드브루 원액 1L', amountWon: 23_500 },
  { name: '핸드드립 입문 세트', amountWon: 68_000 },
  { name: '선물 포장 (원두 2종)', amountWon: 39_000 },
]

const familyNames = '김이박최정강조윤장임한오서신권황'
const givenNames =
  '서연 민준 지우 도윤 하은 시우 수아 예준 지민 주원 다은 하준 채원 지호 유진 현우 소율 건우 나연 우진 가은 선우 은서 준서'.split(
    ' ',
  )

export function drawCustomers(seed: number, count: number, days: number): DemoCustomer[] {
  const random = seededRandomness(seed)
  return Array.from({ length: count }, (_, at) => {
    const customerUid = `mb_${1001 + at}`
    const isRefused = at % 19 === 7
    return {
      customerUid,
      name: `${pick(random, [...familyNames])}${pick(random, givenNames)}`,
      email: `${customerUid}@customer.example`,
      tel: `010-0000-${random.digits(4)}`,
      card: {
        card_number: isRefused
          ? cardThat(at % 2 === 0 ? 'over_limit' : 'insufficient_balance')
          : cardNumber(random),
        // The first ones registered cards that end soon.
        expiry: at < 3 ? '2026-12' : `20${28 + Math.floor(random.unit() * 5)}-0${1 + (at % 9)}`,
      },
      plan: pick(random, plans),
      // More of them come in later days than in the first ones.
      joinsOnDay: Math.floor(days * Math.sqrt((at + 0.5) / count)),
      isRefused,
    }
  })
}

export function pick<Item>(random: Randomness, items: readonly Item[]): Item {
  return items[Math.floor(random.unit() * items.length)] as Item
}

/** Any number of an issuer with a right check digit approves. */
function cardNumber(random: Randomness): string {
  const front = pick(random, issuerBins).bin + random.digits(11)
  const sum = [...front].reduce((total, digit, at) => {
    const weighed = Number(digit) * (at % 2 === 0 ? 2 : 1)
    return total + (weighed > 9 ? weighed - 9 : weighed)
  }, 0)
  return `${front}${(10 - (sum % 10)) % 10}`
}
