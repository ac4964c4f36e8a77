// Messages of billing keys.

import {
  badRequestAnswer,
  type MessageGroup,
  notFoundAnswer,
  refusedAnswer,
  refusedByStateAnswer,
} from './message.ts'

export const billingKeyMessages: MessageGroup = {
  title: 'Billing keys',
  introduction: '/subscribe/customers',
  messages: [
    {
      text: '카드정보 인증 및 빌키 발급에 실패하였습니다. …',
      answer: refusedAnswer,
      cause: 'PAYJOA refused the card, or its answer is not known. The rest is its own words.',
      action: 'Show it to the buyer. Asking again is safe: no money moves.',
    },
    {
      text: '요청하신 customer_uid(…)로 등록된 정보를 찾을 수 없습니다.',
      answer: refusedByStateAnswer,
      cause: 'No billing key of that customer_uid.',
      action: 'Register the card first.',
    },
    {
      text: '요청하신 customer_uid로 등록된 정보를 찾을 수 없습니다.',
      answer: notFoundAnswer,
      cause: 'None of several customer_uids has a billing key.',
      action: 'Register the cards first.',
    },
    {
      text: '파라미터 누락: customer_uid[]',
      answer: badRequestAnswer,
      cause: 'A multi-get without a customer_uid.',
      action: 'Name at least one.',
    },
    {
      text: '파라미터 오류: … (…)',
      answer: badRequestAnswer,
      cause: 'card_number or expiry cannot be read.',
      action: 'Mend it.',
    },
  ],
}
