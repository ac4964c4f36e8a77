// The cards of the simulator and what they do, for people who try things out. The simulator has its own list and knows
// nothing of this one; a test holds the two against each other.

export interface ShownTestCard {
  readonly cardNumber: string
  /** A stable name, to translate by: the simulator's, with where it happens. */
  readonly key: string
  readonly effect: string
  readonly outcome: 'approved' | 'declined' | 'unsent' | 'unknown' | 'late' | 'varies'
  readonly resultCode: string | null
}

/** Refuses already when a key is asked for. */
function atIssue(
  cardNumber: string,
  name: string,
  effect: string,
  resultCode: string,
): ShownTestCard {
  return { cardNumber, key: `issue_${name}`, effect, outcome: 'declined', resultCode }
}

function atCharge(
  cardNumber: string,
  name: string,
  effect: string,
  [outcome, resultCode]: readonly [ShownTestCard['outcome'], string | null],
): ShownTestCard {
  return { cardNumber, key: `charge_${name}`, effect, outcome, resultCode }
}

const unknown = ['unknown', null] as const

export const shownTestCards: readonly ShownTestCard[] = [
  atCharge('1234123412341234', 'approve', "The guide's card: approves, whatever its expiry.", [
    'approved',
    '0000',
  ]),
  atIssue('9366000000701002', 'wrong_birth', 'The birth is wrong: no key is issued.', 'S102'),
  atIssue('9366000000201003', 'wrong_password', 'The password is wrong: no key is issued.', 'S103'),
  atIssue('9366000000601004', 'stolen', 'Reported lost or stolen: no key is issued.', 'S104'),
  atIssue('9366000000101005', 'expired', 'The card has expired: no key is issued.', 'S105'),
  atCharge('9366000000202001', 'declined', 'Declined by the issuer.', ['declined', 'S201']),
  atCharge('9366000000602002', 'over_limit', 'Over the limit.', ['declined', 'S202']),
  atCharge('9366000000102003', 'insufficient_balance', 'The balance is too low.', [
    'declined',
    'S203',
  ]),
  atCharge('9366000000502004', 'expired', 'A key is issued; expired when charged.', [
    'declined',
    'S105',
  ]),
  atCharge('9366000000103001', 'slow', 'Approves after some seconds.', ['late', '0000']),
  atCharge('9366000000503002', 'very_slow', 'Approves after the time limit of an answer.', [
    'late',
    '0000',
  ]),
  atCharge(
    '9366000000003003',
    'reset_before_commit',
    'The connection breaks; not charged.',
    unknown,
  ),
  atCharge('9366000000903004', 'answer_lost', 'Charged, but the answer is lost.', unknown),
  atCharge('9366000000403005', 'http_502', 'Charged, but the answer is HTTP 502.', unknown),
  atCharge('9366000000803006', 'truncated', 'Charged, but the answer is cut off.', unknown),
  atCharge(
    '9366000000303007',
    'wrong_token',
    'Charged, but the answer bears another TOKEN.',
    unknown,
  ),
  atCharge(
    '9366000000703008',
    'wrong_amount',
    'Charged, but the answer bears another AMOUNT.',
    unknown,
  ),
  atCharge('9366000000203009', 'uncertain_after_commit', 'Charged, and answered with 9000.', [
    'unknown',
    '9000',
  ]),
  atCharge('9366000000503010', 'uncertain_before_commit', 'Not charged, and answered with 9000.', [
    'unknown',
    '9000',
  ]),
  atCharge(
    '9366000000003011',
    'late_commit',
    'The connection breaks; charged a while later.',
    unknown,
  ),
]
