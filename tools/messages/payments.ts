// Messages of payments and their look-ups.

import {
  badRequestAnswer,
  type MessageGroup,
  notFoundAnswer,
  refusedAnswer,
  refusedByStateAnswer,
} from './message.ts'

export const paymentMessages: MessageGroup = {
  title: 'Payments',
  introduction:
    'A decline is none of these: it is HTTP 200, code 0, and a payment with status failed and fail_reason. A code other than 0 says that nothing was charged.',
  messages: [
    {
      text: '이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)',
      answer: refusedAnswer,
      cause: 'A payment of that merchant_uid is paid, cancelled, on its way, or unknown.',
      action:
        'Look it up: GET /payments/find/{merchant_uid}. A new attempt needs a new merchant_uid.',
    },
    {
      text: '백업에서 복원된 뒤 거래 대사가 끝나지 않아 결제와 취소를 처리할 수 없습니다. 잠시 후 다시 시도하세요.',
      answer: { status: 423, code: -1 },
      cause:
        'The server was restored from a backup, and an operator has not yet found out what was charged since. Nothing was sent or recorded.',
      action:
        'Send it again later; Retry-After says when. The same Idempotency-Key may be used. Charge nothing again that was answered before.',
    },
    {
      text: '등록되지 않은 구매자입니다.',
      answer: refusedByStateAnswer,
      cause: 'again with a customer_uid that has no billing key.',
      action: 'Register the card first.',
    },
    {
      text: '이미 실행 중이거나 변경된 예약입니다.',
      answer: refusedByStateAnswer,
      cause: 'The schedule behind the charge has been claimed or changed by somebody else.',
      action: 'Read the schedule again.',
    },
    {
      text: '카드정보 인증에 실패하였습니다. …',
      answer: refusedAnswer,
      cause:
        'PAYJOA refused the card number, or the key of a first payment. The rest is its own words. The attempt is on record as failed.',
      action: 'Let the buyer correct the card; the same merchant_uid may be used.',
    },
    {
      text: '파라미터 오류: …tax_free (amount보다 클 수 없습니다.)',
      answer: badRequestAnswer,
      cause: 'tax_free is more than amount.',
      action: 'Mend the amounts.',
    },
    {
      text: '파라미터 오류: …vat_amount (과세 금액보다 클 수 없습니다.)',
      answer: badRequestAnswer,
      cause: 'vat_amount is more than what is taxable.',
      action: 'Mend the amounts.',
    },
    {
      text: '파라미터 오류: …currency (KRW만 지원합니다.)',
      answer: badRequestAnswer,
      cause: 'Another currency than won.',
      action: 'Leave currency out, or send KRW.',
    },
    {
      text: '존재하지 않는 결제정보입니다.',
      answer: notFoundAnswer,
      cause: 'The merchant has no such payment.',
      action: 'Check the id, and whether the token is of the right merchant.',
    },
    {
      text: '지원되지 않는 상태값입니다.',
      answer: badRequestAnswer,
      cause: 'A status V1 does not know.',
      action: 'all, ready, paid, cancelled or failed.',
    },
    {
      text: '파라미터 누락: imp_uid[] 또는 merchant_uid[]',
      answer: badRequestAnswer,
      cause: 'A multi-get without an id.',
      action: 'Name at least one.',
    },
    {
      text: '파라미터 오류: page (조회 가능한 페이지를 벗어났습니다.)',
      answer: badRequestAnswer,
      cause: 'A page after the last one.',
      action: 'Stop at next = 0.',
    },
    {
      text: '파라미터 오류: sorting (…)',
      answer: badRequestAnswer,
      cause: 'An order V1 does not know.',
      action: 'One of those in the parentheses.',
    },
    {
      text: '파라미터 오류: from (to보다 이전이어야 합니다.)',
      answer: badRequestAnswer,
      cause: 'The window ends before it begins.',
      action: 'Swap them.',
    },
    {
      text: '파라미터 오류: from, to (조회기간은 최대 90일입니다.)',
      answer: badRequestAnswer,
      cause: 'The window is over 90 days.',
      action: 'Ask in parts.',
    },
    {
      text: '(현재는 PAYCO, KCP만 지원됩니다) 결제건에 대한 금액상세정보가 확인되지 않습니다. 결제 상태가 paid 또는 cancelled가 아닌 경우 확인되지 않습니다.',
      answer: notFoundAnswer,
      cause: 'The balance of a payment, which V1 has for two other PGs only.',
      action: 'GET /payments/{imp_uid} has amount and cancel_amount.',
    },
    {
      text: '결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).',
      answer: refusedByStateAnswer,
      cause: 'An amount of that merchant_uid is prepared already.',
      action: 'PUT /payments/prepare changes it.',
    },
    {
      text: '사전등록된 결제정보가 존재하지 않습니다.',
      answer: notFoundAnswer,
      cause: 'No amount of that merchant_uid is prepared.',
      action: 'POST /payments/prepare first.',
    },
    {
      text: '존재하지 않는 하위상점(tier) 코드입니다.',
      answer: notFoundAnswer,
      cause: 'A merchant here has no sub-merchants.',
      action: 'Add each as a merchant of its own.',
    },
    {
      text: '존재하지 않는 … 코드입니다.',
      answer: notFoundAnswer,
      cause: 'No card company or bank of that code.',
      action: 'GET /cards or /banks lists them.',
    },
  ],
}

export const failReasonMessages: MessageGroup = {
  title: 'Written by us into fail_reason',
  introduction:
    'Everything else in fail_reason is PAYJOA’s: [code]message. Of each of these it is certain that no money moved.',
  messages: [
    {
      text: '서버가 중단되어 PG로 결제를 요청하지 못했습니다.',
      answer: null,
      cause: 'The process ended before a charge was announced.',
      action: 'Charge again; the same merchant_uid may be used.',
    },
    {
      text: '결제 요청을 기록하지 못해 PG로 전송하지 않았습니다.',
      answer: null,
      cause: 'The database broke off while the intent was committed, so nothing was sent.',
      action: 'Charge again; the same merchant_uid may be used.',
    },
    {
      text: '등록된 고객정보가 없습니다.',
      answer: null,
      cause: 'A schedule came due whose billing key is gone.',
      action: 'Register the card again, then schedule or retry.',
    },
    {
      text: '동일한 주문번호로 중복결제 불가',
      answer: null,
      cause: 'A schedule came due whose merchant_uid is paid, cancelled, on its way or unknown.',
      action: 'Look that payment up; a new attempt needs a new merchant_uid.',
    },
    {
      text: '… (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)',
      answer: null,
      cause: 'The rest of the message above.',
      action: '',
    },
    {
      text: 'PG 확인 결과 취소되지 않은 요청입니다.',
      answer: null,
      cause: 'A cancel was unknown, and an operator has found that nothing was given back.',
      action: 'Cancel again.',
    },
    {
      text: '취소 요청을 기록하지 못해 PG로 전송하지 않았습니다.',
      answer: null,
      cause: 'The database broke off while a cancel was committed, so nothing was sent.',
      action: 'Cancel again.',
    },
    {
      text: 'PG 확인 결과 승인되지 않은 결제입니다.',
      answer: null,
      cause: 'It was unknown, and an operator has found that it was not charged.',
      action: 'Charge again; the same merchant_uid may be used.',
    },
  ],
}
