// Every group of docs/errors.md, in its order. A feature adds its file here.

import { accountMessages } from './accounts.ts'
import { billingKeyMessages } from './billing-keys.ts'
import { cancelMessages } from './cancels.ts'
import { channelRuleMessages, unknownMessages, unsentMessages, wireMessages } from './gateway.ts'
import { httpMessages, idempotencyMessages, ruleMessages } from './http.ts'
import type { MessageGroup } from './message.ts'
import { failReasonMessages, paymentMessages } from './payments.ts'
import { sandboxMessages } from './sandbox.ts'
import { scheduleMessages } from './schedules.ts'

export const messageGroups: readonly MessageGroup[] = [
  httpMessages,
  ruleMessages,
  idempotencyMessages,
  accountMessages,
  billingKeyMessages,
  paymentMessages,
  cancelMessages,
  scheduleMessages,
  sandboxMessages,
  wireMessages,
  channelRuleMessages,
  unsentMessages,
  unknownMessages,
  failReasonMessages,
]

/** Korean texts that are no message: they fill a … of one, or go to PAYJOA. */
export const fillIns: ReadonlySet<string> = new Set([
  '카드사',
  '은행',
  '빌링키 발급',
  '빌링키 결제',
  '키인결제',
  'KCP 경유(K) 채널의 빌링키 결제',
  '할부',
  '… 할부',
  '요청하신 할부: …개월',
  '…원',
  '정기결제 카드 등록',
  '결제 취소',
  '카드 확인 결제',
  '카드 확인 결제 자동 취소',
  '뒤늦게 확인된 승인 자동 취소',
  '… 고객에 대한 … … 예약 결제',
])
