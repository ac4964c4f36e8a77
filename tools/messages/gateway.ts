// Messages of the PAYJOA adapter.

import { badRequestAnswer, type MessageGroup, refusedAnswer } from './message.ts'

export const wireMessages: MessageGroup = {
  title: 'What PAYJOA’s wire or the contract cannot carry',
  introduction:
    'Found before anything is recorded or sent. The field is named in Korean with its wire name.',
  messages: [
    wire('… 값이 비어 있습니다.', 'A text that PAYJOA needs is empty.'),
    wire(
      '… 값이 너무 깁니다. 최대 …바이트까지 전송할 수 있습니다.',
      'Too long: Hangul counts two bytes.',
    ),
    wire('… 값이 올바르지 않습니다. …', 'Not of the form that the rest of the message names.'),
    wire("…에 제어문자나 '|' 문자는 사용할 수 없습니다.", 'A control character or a pipe.'),
    wire(
      '…에 PG사가 지원하지 않는 문자(…)가 포함되어 있습니다. EUC-KR 문자만 사용할 수 있습니다.',
      'A character outside EUC-KR, in an identifier or on a channel that rejects them.',
    ),
    wire('유효하지않은 카드번호를 입력하셨습니다. …', 'More digits than the wire can carry.'),
    wire(
      '결제금액(AMOUNT)은 1원 이상 9,999,999,999원 이하의 정수여야 합니다.',
      'The amount is out of bounds.',
    ),
    wire('할부개월(QUOTA)은 일시불 또는 2~12개월만 가능합니다.', 'card_quota is over 12.'),
    wire(
      '할부결제(QUOTA)는 50,000원 이상부터 이용할 수 있습니다.',
      'Instalments under 50,000 won.',
    ),
    wire(
      '비과세 금액은 0원 이상 결제금액 이하의 정수여야 합니다.',
      'The tax-free part is out of bounds.',
    ),
    wire(
      '…는 복합과세(과세·비과세 혼합)를 지원하지 않습니다. 빌링키 결제(CARD-BATCH)를 이용해 주세요.',
      'A partly tax-free payment by a method whose wire has no known place for it.',
    ),
    wire('취소금액(AMOUNT)은 1원 이상이어야 합니다.', 'A cancel of nothing.'),
    wire(
      '비과세 취소금액(TAXFREEAMT)은 취소금액보다 클 수 없습니다.',
      'The tax-free part is more than the cancel.',
    ),
    wire('숫자만 입력할 수 있습니다.', 'Rule: digits only.'),
    wire('일시불 또는 2~12개월만 가능합니다.', 'Rule: lump sum or 2 to 12 months.'),
    wire('YYYYMM 형식이어야 합니다.', 'Rule: YYYYMM.'),
    wire(
      '생년월일 6자리 또는 사업자번호 10자리 숫자여야 합니다.',
      'Rule: birth of 6 or business number of 10 digits.',
    ),
    wire('앞 2자리 숫자여야 합니다.', 'Rule: the first two digits.'),
    {
      text: '결제연동키 값이 올바르지 않습니다.',
      answer: badRequestAnswer,
      cause: 'The link key of the channel is no printable text of a sane length.',
      action: 'Add the channel anew with the key PAYJOA shows.',
    },
    {
      text: '이 채널의 계약으로는 … 기능을 이용할 수 없습니다. PG사 계약 정보를 확인해 주세요.',
      answer: refusedAnswer,
      cause: 'The channel chosen does not allow the method.',
      action: 'Use another channel, or have the contract extended and add the channel anew.',
    },
  ],
}

function wire(text: string, cause: string) {
  return { text, answer: badRequestAnswer, cause, action: 'Mend the value.' }
}

const retry = 'Charge again; nothing was sent, and the same merchant_uid may be used.'
const settings = 'Check the channel (billkey channel test), then charge again.'

export const unsentMessages: MessageGroup = {
  title: 'Nothing was sent to PAYJOA',
  introduction:
    'The attempt is on record as failed, with the message as its fail_reason; a refusal of the ready step has its code in front: [code]message.',
  messages: [
    unsent(
      'PG사 서버에 연결하지 못했습니다. 요청은 전송되지 않았습니다.',
      'PAYJOA could not be reached.',
      retry,
    ),
    unsent(
      'PG사로 보내는 요청이 많아 연결하지 못했습니다. 요청은 전송되지 않았습니다.',
      'All connections to PAYJOA were busy for too long.',
      retry,
    ),
    unsent(
      'PG사의 결제 준비 응답을 받지 못했습니다. 요청은 전송되지 않았습니다.',
      'The ready step timed out or answered something unreadable.',
      retry,
    ),
    unsent('서버가 종료 중이어서 요청을 전송하지 않았습니다.', 'The process is stopping.', retry),
    unsent(
      'PG사가 안내한 요청 주소(RETURNURL)가 허용된 주소가 아니어서 요청을 전송하지 않았습니다.',
      'PAYJOA named an address outside BILLKEY_PAYJOA_RETURN_HOSTS.',
      'Find out whose it is before you add it.',
    ),
    unsent(
      '결제연동키가 등록되지 않았거나 사용 신청되지 않은 결제수단입니다. PG사 관리자 사이트의 연동정보설정을 확인해 주세요.',
      'The ready step said FAIL: the link key is not set up, or the method is not opened.',
      settings,
    ),
    unsent(
      'PG사 주소(baseUrl)가 올바르지 않습니다. https 주소만 사용할 수 있습니다. …',
      'The base URL of the channel is unusable.',
      settings,
    ),
  ],
}

function unsent(text: string, cause: string, action: string) {
  return { text, answer: refusedAnswer, cause, action }
}

export const unknownMessages: MessageGroup = {
  title: 'Kept with the exchange of an unknown outcome',
  introduction:
    'The payment itself shows no message: it is ready, with the header Billkey-Outcome: unknown. For the issue of a billing key it follows 카드정보 인증 및 빌키 발급에 실패하였습니다.',
  messages: [
    {
      text: 'PG사의 처리 결과를 확인하지 못했습니다. 거래 결과를 확인하고 있습니다.',
      answer: null,
      cause: 'No answer, or one that cannot be trusted.',
      action: 'Wait; docs/operate/unknown-payments.md is for the operator. Do not charge again.',
    },
  ],
}
