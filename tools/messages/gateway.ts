// Messages of the PAYJOA adapter.

import { badRequestAnswer, type MessageGroup, refusedAnswer } from './message.ts'

export const wireMessages: MessageGroup = {
  title: 'What PAYJOA or the contract cannot carry',
  introduction:
    'Found before anything is recorded or sent. Where a parameter is at fault, this stands in parentheses after its name: 파라미터 오류: name (…), HTTP 400. A reservation is refused by its first entry that could not be charged, with HTTP 200 and code 1, and names it: 파라미터 오류: schedules[0].name (…).',
  messages: [
    wire('… 값이 비어 있습니다.', 'A text that PAYJOA needs is empty.'),
    wire(
      '…에 PG사가 지원하지 않는 문자(…)가 포함되어 있습니다. EUC-KR 문자만 사용할 수 있습니다.',
      'A character outside EUC-KR, on a channel that rejects them. billkey channel set --unmappable substitute carries such texts with stand-ins.',
    ),
    wire("…에 제어문자나 '|' 문자는 사용할 수 없습니다.", 'A control character or a pipe.'),
    wire(
      '… 값은 최대 …바이트까지 전송할 수 있습니다. 요청하신 값: …바이트',
      'An identifier that is too long: Hangul counts two bytes. Names and titles are cut instead.',
    ),
    wire(
      '… 값이 올바르지 않습니다. 올바른 형식: …',
      'Not of the form that the rest of the message names.',
    ),
    wire(
      '유효하지않은 카드번호를 입력하셨습니다. 카드번호는 최대 …자리 숫자입니다. 입력하신 값: …자리',
      'More digits than the wire can carry.',
    ),
    wire('결제 금액은 1원 이상 … 이하의 정수여야 합니다.', 'The amount is out of bounds.'),
    wire('취소 금액은 1원 이상 … 이하의 정수여야 합니다.', 'A cancel of nothing.'),
    wire(
      '면세 금액은 결제 금액(…)보다 클 수 없습니다. 요청하신 면세 금액: …',
      'The tax-free part is more than the payment.',
    ),
    wire(
      '면세 금액은 취소 금액(…)보다 클 수 없습니다. 요청하신 면세 금액: …',
      'The tax-free part is more than the cancel.',
    ),
    wire('할부는 일시불(0) 또는 2~12개월만 가능합니다.', 'card_quota is over 12.'),
    wire(
      '할부는 … 이상 결제에만 가능합니다. 요청하신 결제 금액: …, 할부: …개월',
      'Instalments under 50,000 won: PAYJOA’s terms.',
    ),
    wire(
      '…는 복합과세(과세·면세 혼합)를 지원하지 않습니다. 전액 과세 또는 전액 면세로만 결제할 수 있습니다. 결제 금액: …, 요청하신 면세 금액: …',
      'A partly tax-free payment by a method whose wire has no known place for it. A billing key of a D channel carries it.',
    ),
    wire('10자리 이하 숫자', 'Form: up to ten digits.'),
    wire('일시불(0) 또는 2~12개월', 'Form: lump sum or 2 to 12 months.'),
    wire('연도와 월', 'Form: year and month.'),
    wire(
      '생년월일 6자리 또는 사업자번호 10자리 숫자',
      'Form: birth of 6 or business number of 10 digits.',
    ),
    wire('앞 2자리 숫자', 'Form: the first two digits.'),
    {
      text: '이 채널의 키인결제에는 생년월일(사업자번호)과 카드 비밀번호 앞 2자리가 필요합니다.',
      answer: null,
      cause:
        'The channel knows key-in with birth and password only. Answered as 파라미터 누락: birth, pwd_2digit, with those that are missing.',
      action: 'Send both.',
    },
    {
      text: '결제연동키 값이 올바르지 않습니다.',
      answer: refusedAnswer,
      cause: 'The link key of the channel is no printable text of a sane length.',
      action: 'billkey channel set --link-key-file, with the key PAYJOA shows.',
    },
    {
      text: '이 채널의 계약으로는 … 기능을 이용할 수 없습니다. PG사 계약 정보를 확인해 주세요.',
      answer: refusedAnswer,
      cause: 'The channel chosen does not allow the method.',
      action: 'Use another channel, or have the contract extended and add the channel anew.',
    },
  ],
}

export const channelRuleMessages: MessageGroup = {
  title: 'What the rules of a channel do not allow',
  introduction:
    'Like the messages above. In a guide §4 payment the company of a card is known only once its key is issued: then the attempt is on record as failed, and the answer is HTTP 200, code -1.',
  messages: [
    wire(
      '이 채널에서는 …를 이용할 수 없습니다. 일시불(0)로 요청해 주세요. …',
      'The channel takes no instalments, or none of that card company.',
    ),
    wire(
      '이 채널에서 …는 …개월만 가능합니다. …',
      'Other months than the channel takes of that card company; of a card whose company is not known yet: of any.',
    ),
    wire(
      '과세 전용 채널이므로 면세 금액을 지정할 수 없습니다. 요청하신 면세 금액: …',
      'tax_free on a channel for taxable goods.',
    ),
    wire(
      '면세 전용 채널이므로 결제 금액 … 전액이 면세로 처리됩니다. 요청하신 면세 금액: …',
      'tax_free of a part on a channel for exempt goods. Leave it out, or send all of the amount.',
    ),
    wire(
      '면세 전용 채널이므로 부가세를 지정할 수 없습니다. 요청하신 부가세: …',
      'vat_amount on a channel for exempt goods.',
    ),
    wire(
      'PG사가 부가세를 과세 금액의 1/11로 계산하므로 다른 금액은 지정할 수 없습니다. 과세 금액 …의 부가세: …, 요청하신 부가세: …',
      'PAYJOA has no field for the tax and computes it by itself; what is more than a won off would be another tax. Leave vat_amount out.',
    ),
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
    unsent(
      'PG사의 초당 요청 한도에 도달하여 요청을 전송하지 않았습니다. 잠시 후 다시 시도해 주세요.',
      'The contract takes so many calls per second (billkey channel set --rate-cap), and its turn did not come within ten seconds.',
      retry,
    ),
    unsent(
      'PG사가 응답하지 않아 요청을 전송하지 않았습니다. 잠시 후 다시 시도해 주세요.',
      'PAYJOA did not answer several calls in a row (BILLKEY_BREAKER_AFTER); nothing is sent until a probe succeeds.',
      'Charge again later; billkey queue show says when PAYJOA answers again.',
    ),
    unsent('서버가 종료 중이어서 요청을 전송하지 않았습니다.', 'The process is stopping.', retry),
    unsent(
      '서버가 오래 멈추어 있어서 요청을 전송하지 않았습니다.',
      'The process stood still between the two steps for longer than a call takes.',
      retry,
    ),
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
