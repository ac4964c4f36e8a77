// Messages of cancels.

import { badRequestAnswer, type MessageGroup, refusedByStateAnswer } from './message.ts'

const readPayment = 'Read the payment again: amount minus cancel_amount is what is left.'

export const cancelMessages: MessageGroup = {
  title: 'Cancels',
  introduction:
    'POST /payments/cancel. What PAYJOA itself refuses is HTTP 200, code -1, with [code]message. An unknown outcome is code 0 with the payment unchanged and the header Billkey-Outcome: unknown.',
  messages: [
    {
      text: 'imp_uid 또는 merchant_uid 중 하나는 반드시 지정해주셔야합니다.',
      answer: badRequestAnswer,
      cause: 'Neither id was sent.',
      action: 'Send one; imp_uid wins when both are sent.',
    },
    {
      text: '파라미터 오류: tax_free, vat_amount (합계가 amount보다 클 수 없습니다.)',
      answer: badRequestAnswer,
      cause: 'Tax-free part and VAT are more than the amount.',
      action: 'Mend the amounts.',
    },
    {
      text: '취소할 결제건이 존재하지 않습니다.',
      answer: refusedByStateAnswer,
      cause: 'The merchant has no such payment, or none that was paid.',
      action: 'Check the id and the status of the payment.',
    },
    {
      text: '이미 전액취소된 주문입니다.',
      answer: refusedByStateAnswer,
      cause: 'All of it has been given back.',
      action: 'Nothing: it is done.',
    },
    {
      text: '취소 가능 금액이 checksum과 일치하지 않습니다. …',
      answer: refusedByStateAnswer,
      cause: 'Another cancel came first, or the caller’s books differ.',
      action: readPayment,
    },
    {
      text: '취소 요청 금액(…원)이 취소 가능 금액을 초과합니다. …',
      answer: refusedByStateAnswer,
      cause: 'More than is left.',
      action: readPayment,
    },
    {
      text: '결과를 확인하고 있는 취소 요청이 있어 추가로 취소할 수 없습니다. ……',
      answer: refusedByStateAnswer,
      cause: 'The outcome of an earlier cancel is not known yet.',
      action: 'Wait for it. For a cancel that is really another one, send the balance as checksum.',
    },
    {
      text: '면세 금액(tax_free)은 …원 이상 …원 이하만 취소할 수 있습니다.',
      answer: refusedByStateAnswer,
      cause: 'The tax-free part does not fit what is left of the payment.',
      action: 'Send one within the bounds.',
    },
    {
      text: '동시에 처리 중인 취소 요청이 많습니다. 잠시 후 다시 시도해 주세요.',
      answer: refusedByStateAnswer,
      cause: 'Many cancels of one payment at once. Nothing was sent.',
      action: 'Send them one after another.',
    },
    {
      text: '(취소 가능 금액: …원…)',
      answer: null,
      cause: 'Part of the messages above: what can still be cancelled.',
      action: '',
    },
    {
      text: ', 결과 확인 중인 취소 금액: …원',
      answer: null,
      cause: 'Part of the messages above: what waits for an outcome.',
      action: '',
    },
    {
      text: ' 별도의 취소 요청이라면 checksum에 취소 가능 금액 …을 지정해 주세요.',
      answer: null,
      cause: 'Part of the messages above: how to say that it is another cancel.',
      action: '',
    },
  ],
}
