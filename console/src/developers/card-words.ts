// What the simulator's cards do, by their stable keys. A test holds the list against the server's.

import { type BothLanguages } from '../language/words.ts'

const english: Readonly<Record<string, string>> = {
  charge_approve: "The guide's card: approves, whatever its expiry.",
  issue_wrong_birth: 'The birth is wrong: no key is issued.',
  issue_wrong_password: 'The password is wrong: no key is issued.',
  issue_stolen: 'Reported lost or stolen: no key is issued.',
  issue_expired: 'The card has expired: no key is issued.',
  charge_declined: 'Declined by the issuer.',
  charge_over_limit: 'Over the limit.',
  charge_insufficient_balance: 'The balance is too low.',
  charge_expired: 'A key is issued; expired when charged.',
  charge_slow: 'Approves after some seconds.',
  charge_very_slow: 'Approves after the time limit of an answer.',
  charge_reset_before_commit: 'The connection breaks; not charged.',
  charge_answer_lost: 'Charged, but the answer is lost.',
  charge_http_502: 'Charged, but the answer is HTTP 502.',
  charge_truncated: 'Charged, but the answer is cut off.',
  charge_wrong_token: 'Charged, but the answer bears another TOKEN.',
  charge_wrong_amount: 'Charged, but the answer bears another AMOUNT.',
  charge_uncertain_after_commit: 'Charged, and answered with 9000.',
  charge_uncertain_before_commit: 'Not charged, and answered with 9000.',
  charge_late_commit: 'The connection breaks; charged a while later.',
}

const korean: Readonly<Record<string, string>> = {
  charge_approve: '가이드의 카드입니다. 유효기간과 관계없이 승인됩니다.',
  issue_wrong_birth: '생년월일이 틀려 빌링키가 발급되지 않습니다.',
  issue_wrong_password: '비밀번호가 틀려 빌링키가 발급되지 않습니다.',
  issue_stolen: '분실·도난 신고된 카드로, 빌링키가 발급되지 않습니다.',
  issue_expired: '유효기간이 지나 빌링키가 발급되지 않습니다.',
  charge_declined: '카드사가 거절합니다.',
  charge_over_limit: '한도를 초과합니다.',
  charge_insufficient_balance: '잔액이 부족합니다.',
  charge_expired: '빌링키는 발급되지만 결제할 때 유효기간이 지나 있습니다.',
  charge_slow: '몇 초 뒤에 승인됩니다.',
  charge_very_slow: '응답 제한 시간이 지난 뒤에 승인됩니다.',
  charge_reset_before_commit: '연결이 끊기고 결제되지 않습니다.',
  charge_answer_lost: '결제되지만 응답이 유실됩니다.',
  charge_http_502: '결제되지만 HTTP 502로 응답합니다.',
  charge_truncated: '결제되지만 응답이 잘립니다.',
  charge_wrong_token: '결제되지만 응답의 TOKEN이 다릅니다.',
  charge_wrong_amount: '결제되지만 응답의 AMOUNT가 다릅니다.',
  charge_uncertain_after_commit: '결제되고 9000으로 응답합니다.',
  charge_uncertain_before_commit: '결제되지 않고 9000으로 응답합니다.',
  charge_late_commit: '연결이 끊기고 잠시 뒤에 결제됩니다.',
}

export const cardWords: BothLanguages<Readonly<Record<string, string>>> = {
  en: english,
  ko: korean,
}
