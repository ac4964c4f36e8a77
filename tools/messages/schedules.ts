// Messages of reservations.

import {
  badRequestAnswer,
  type MessageGroup,
  notFoundAnswer,
  refusedAnswer,
  refusedByStateAnswer,
} from './message.ts'

const lookUp = 'Look it up: GET /subscribe/payments/schedule/{merchant_uid}.'

export const scheduleMessages: MessageGroup = {
  title: 'Schedules',
  introduction:
    'POST /subscribe/payments/schedule, unschedule, reschedule and retry, and the look-ups. A request to reserve stores all of its entries or none.',
  messages: [
    {
      text: '카드정보 확인에 실패하였습니다. …',
      answer: refusedByStateAnswer,
      cause: 'No key was issued from the card, or its checking_amount was declined.',
      action: 'Ask the customer for another card. Nothing was reserved.',
    },
    {
      text: '카드 확인 결제의 승인 여부를 아직 알 수 없어 예약하지 않았습니다. 승인된 것으로 확인되면 자동으로 취소됩니다. (imp_uid: …)',
      answer: refusedAnswer,
      cause: 'The charge of checking_amount was sent and its outcome is not known.',
      action: 'Reserve again without checking_amount, or later.',
    },
    {
      text: '… (이미 예약되었거나 결제된 merchant_uid: …)',
      answer: refusedByStateAnswer,
      cause:
        'A merchant_uid stands twice in the request, or is reserved, paid, on its way or unknown.',
      action: 'Give each entry a merchant_uid of its own. Nothing was reserved.',
    },
    {
      text: '…schedule_at이 현재 시각보다 이전입니다.',
      answer: refusedByStateAnswer,
      cause: 'An entry is reserved for a time that has passed.',
      action: 'Send a time to come, in seconds.',
    },
    {
      text: '파라미터 오류: schedule_at (현재 시각보다 이전입니다.)',
      answer: badRequestAnswer,
      cause: 'A reservation is to be moved to a time that has passed.',
      action: 'Send a time to come, in seconds.',
    },
    {
      text: '파라미터 오류: …schedule_at (밀리초로 보입니다. 초 단위 Unix timestamp로 보내주세요. 예: …)',
      answer: badRequestAnswer,
      cause: 'The number would be a year beyond 5000.',
      action: 'Divide by 1000.',
    },
    {
      text: '파라미터 누락: card_number',
      answer: badRequestAnswer,
      cause: 'An expiry without a card number.',
      action: 'Send both, or neither for a customer who has a key.',
    },
    {
      text: '파라미터 누락: expiry',
      answer: badRequestAnswer,
      cause: 'A card number without its expiry.',
      action: 'Send both, or neither for a customer who has a key.',
    },
    {
      text: '파라미터 누락: customer_uid 또는 merchant_uid',
      answer: badRequestAnswer,
      cause: 'Nothing says what is to be revoked.',
      action: 'Send a customer_uid for all of its reservations, or merchant_uid.',
    },
    {
      text: '취소할 예약결제 기록이 존재하지 않습니다.',
      answer: refusedByStateAnswer,
      cause: 'Nothing of what was named is still scheduled.',
      action: lookUp,
    },
    {
      text: '예약결제 정보가 존재하지 않습니다.',
      answer: notFoundAnswer,
      cause: 'The merchant has no reservation of that merchant_uid.',
      action: 'Check the merchant_uid.',
    },
    {
      text: '이미 취소된 예약입니다.',
      answer: badRequestAnswer,
      cause: 'A revoked reservation cannot be moved.',
      action: 'Reserve it anew with /reschedule.',
    },
    {
      text: '이미 실행된 예약입니다.',
      answer: badRequestAnswer,
      cause: 'It was executed, or is being executed.',
      action: lookUp,
    },
    {
      text: '아직 실행되지 않은 예약입니다.',
      answer: badRequestAnswer,
      cause: 'Only a failed or revoked reservation is rescheduled or retried.',
      action: 'Move it with PUT, or wait for its time.',
    },
    {
      text: '이미 실행 중인 예약입니다.',
      answer: badRequestAnswer,
      cause: 'Its charge is on its way or unknown.',
      action: 'Wait for the outcome: it is told by webhook.',
    },
    {
      text: '이미 승인된 예약입니다.',
      answer: badRequestAnswer,
      cause: 'Its payment is paid, or was cancelled.',
      action: 'A new charge needs a new merchant_uid.',
    },
    {
      text: '… (동일한 merchant_uid로 예약되었거나 결제된 기록이 있습니다)',
      answer: badRequestAnswer,
      cause: 'Its merchant_uid was reserved anew, or paid otherwise.',
      action: 'Look that payment up; a new attempt needs a new merchant_uid.',
    },
    {
      text: '파라미터 오류: schedule_from (schedule_to보다 이전이어야 합니다.)',
      answer: badRequestAnswer,
      cause: 'The window ends before it begins.',
      action: 'Mend the times. schedule_from is inside the window, schedule_to is not.',
    },
    {
      text: '파라미터 오류: sorting (scheduled, -scheduled)',
      answer: badRequestAnswer,
      cause: 'An order V1 does not know.',
      action: 'Send scheduled for oldest first, or nothing for newest first.',
    },
    {
      text: '예약된 결제가 …건 있어 삭제할 수 없습니다. 예약을 먼저 취소해주세요.',
      answer: refusedByStateAnswer,
      cause: 'The merchant has chosen that a billing key with pending reservations is not deleted.',
      action: 'Revoke them first, or change it with billkey merchant set --pending-schedules.',
    },
  ],
}
