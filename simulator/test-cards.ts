// Which card does what. A number is looked up whole; its last four digits are only there to be
// remembered. 1xxx refuse already at key issue, 2xxx register but are declined when charged, 3xxx
// register and approve or not, but the exchange of the charge goes wrong.

/** A refusal by the issuer; each is a name in result-codes.ts. */
export const declineNames = [
  'invalid_number',
  'wrong_birth',
  'wrong_password',
  'stolen',
  'expired',
  'declined',
  'over_limit',
  'insufficient_balance',
] as const

export type DeclineName = (typeof declineNames)[number]

/** Something that goes wrong with a charge's exchange. fault-plans.ts says what each one does. */
export const cardFaultNames = [
  'slow',
  'very_slow',
  'reset_before_commit',
  'answer_lost',
  'http_502',
  'truncated',
  'wrong_token',
  'wrong_amount',
  'uncertain_after_commit',
  'uncertain_before_commit',
  'late_commit',
] as const

export type CardFaultName = (typeof cardFaultNames)[number]

export type ChargeBehaviour = 'approve' | DeclineName | CardFaultName

export interface TestCard {
  readonly number: string
  /** What the issue of a key answers; `null`: it registers. */
  readonly atIssue: DeclineName | null
  readonly atCharge: ChargeBehaviour
}

/**
 * The guide's card. It fails the Luhn check, yet approves whatever its expiry or birth: the one
 * exception to every rule about cards.
 */
export const guideCardNumber = '1234123412341234'

export const testCards: readonly TestCard[] = [
  { number: guideCardNumber, atIssue: null, atCharge: 'approve' },
  refusedAtIssue('9366000000701002', 'wrong_birth'),
  refusedAtIssue('9366000000201003', 'wrong_password'),
  refusedAtIssue('9366000000601004', 'stolen'),
  refusedAtIssue('9366000000101005', 'expired'),
  registersThen('9366000000202001', 'declined'),
  registersThen('9366000000602002', 'over_limit'),
  registersThen('9366000000102003', 'insufficient_balance'),
  registersThen('9366000000502004', 'expired'),
  registersThen('9366000000103001', 'slow'),
  registersThen('9366000000503002', 'very_slow'),
  registersThen('9366000000003003', 'reset_before_commit'),
  registersThen('9366000000903004', 'answer_lost'),
  registersThen('9366000000403005', 'http_502'),
  registersThen('9366000000803006', 'truncated'),
  registersThen('9366000000303007', 'wrong_token'),
  registersThen('9366000000703008', 'wrong_amount'),
  registersThen('9366000000203009', 'uncertain_after_commit'),
  registersThen('9366000000503010', 'uncertain_before_commit'),
  registersThen('9366000000003011', 'late_commit'),
]

/** First four digits → CARDCODE: a nine and the issuer's three-digit standard code. No such BIN is issued. */
export const issuerBins: readonly {
  readonly bin: string
  readonly cardCode: string
  readonly issuer: string
  /** A number of this issuer that approves. */
  readonly approvingNumber: string
}[] = [
  { bin: '9361', cardCode: 'CCBC', issuer: 'BC카드', approvingNumber: '9361000000200000' },
  { bin: '9381', cardCode: 'CCKM', issuer: 'KB국민카드', approvingNumber: '9381000000000000' },
  { bin: '9366', cardCode: 'CCLG', issuer: '신한카드', approvingNumber: '9366000000900000' },
  { bin: '9365', cardCode: 'CCSS', issuer: '삼성카드', approvingNumber: '9365000000000000' },
  { bin: '9367', cardCode: 'CCDI', issuer: '현대카드', approvingNumber: '9367000000400000' },
  { bin: '9368', cardCode: 'CCLO', issuer: '롯데카드', approvingNumber: '9368000000800000' },
  { bin: '9371', cardCode: 'CCNH', issuer: 'NH농협카드', approvingNumber: '9371000000100000' },
  { bin: '9374', cardCode: 'CCHN', issuer: '하나카드', approvingNumber: '9374000000900000' },
  { bin: '9041', cardCode: 'CCPH', issuer: '우리카드', approvingNumber: '9041000000100000' },
  { bin: '9370', cardCode: 'CCCT', issuer: '씨티카드', approvingNumber: '9370000000600000' },
  { bin: '9090', cardCode: 'CCKA', issuer: '카카오뱅크', approvingNumber: '9090000000100000' },
  { bin: '9089', cardCode: 'CKBK', issuer: '케이뱅크', approvingNumber: '9089000000700000' },
  { bin: '9092', cardCode: 'CCTS', issuer: '토스뱅크', approvingNumber: '9092000000000000' },
]

/** What a BIN outside the table is taken for. */
export const otherIssuerCode = 'CCBC'

function refusedAtIssue(number: string, decline: DeclineName): TestCard {
  return { number, atIssue: decline, atCharge: decline }
}

function registersThen(number: string, behaviour: ChargeBehaviour): TestCard {
  return { number, atIssue: null, atCharge: behaviour }
}
