// Messages every endpoint can answer with.

import { badRequestAnswer, type MessageGroup } from './message.ts'

export const httpMessages: MessageGroup = {
  title: 'Any endpoint',
  introduction: 'Found before a feature is reached.',
  messages: [
    {
      text: 'Unauthorized',
      answer: { status: 401, code: -1 },
      cause: 'No token, or one that is unknown or expired.',
      action: 'Ask POST /users/getToken for a token and send the call again.',
    },
    {
      text: '파라미터 누락: …',
      answer: badRequestAnswer,
      cause: 'Required parameters are missing, null or empty; all of them are named.',
      action: 'Send them.',
    },
    {
      text: '파라미터 오류: …',
      answer: badRequestAnswer,
      cause: 'Values that cannot be meant; each is named with the rule it breaks.',
      action: 'Mend the values. The rules are listed below.',
    },
    {
      text: '존재하지 않는 API입니다.',
      answer: { status: 404, code: -1 },
      cause: 'No such path.',
      action: 'Compare the path with docs/compatibility.md.',
    },
    {
      text: '허용되지 않은 HTTP 메서드입니다.',
      answer: { status: 405, code: -1 },
      cause: 'The path exists with another method.',
      action: 'Use a method of the Allow header.',
    },
    {
      text: '요청 수신 시간이 초과되었습니다.',
      answer: { status: 408, code: -1 },
      cause: 'The request did not arrive within 30 seconds.',
      action: 'Send it again; nothing was done.',
    },
    {
      text: '요청 본문이 너무 큽니다.',
      answer: { status: 413, code: -1 },
      cause: 'The body is over 1 MiB.',
      action: 'Send less at once.',
    },
    {
      text: '지원하지 않는 Content-Type입니다. application/json 또는 application/x-www-form-urlencoded로 보내주세요.',
      answer: { status: 415, code: -1 },
      cause: 'The body is neither JSON nor a form.',
      action: 'Send one of the two.',
    },
    {
      text: '지원하지 않는 Expect 헤더입니다.',
      answer: { status: 417, code: -1 },
      cause: 'An Expect header other than 100-continue.',
      action: 'Leave it out.',
    },
    {
      text: '요청 URL 또는 헤더가 너무 깁니다.',
      answer: { status: 431, code: -1 },
      cause: 'Request line and headers are over 16 KiB together.',
      action: 'Shorten them.',
    },
    {
      text: '요청 본문은 UTF-8이어야 합니다.',
      answer: badRequestAnswer,
      cause: 'The body is in another encoding, often EUC-KR.',
      action: 'Send UTF-8.',
    },
    {
      text: '요청 본문이 올바른 JSON 객체가 아닙니다.',
      answer: badRequestAnswer,
      cause: 'The body looks like JSON, or says that it is, and cannot be read as an object.',
      action: 'Mend the body.',
    },
    {
      text: '요청 파라미터가 너무 많습니다.',
      answer: badRequestAnswer,
      cause: 'A form of more than 10,000 fields.',
      action: 'Send less at once.',
    },
    {
      text: '요청 URL의 형식이 올바르지 않습니다.',
      answer: badRequestAnswer,
      cause: 'The path holds a percent sign that escapes nothing.',
      action: 'Escape the parts of the path.',
    },
    {
      text: '요청 형식이 올바르지 않습니다.',
      answer: badRequestAnswer,
      cause: 'The request was cut, or its length is wrong.',
      action: 'Send it whole.',
    },
    {
      text: 'HTTP 요청의 형식이 올바르지 않습니다.',
      answer: badRequestAnswer,
      cause: 'What arrived is no HTTP/1.1 request.',
      action: 'Check the client, and whether it speaks TLS to a plain port.',
    },
    {
      text: '일시적인 오류가 발생했습니다. 문의 시 요청번호를 알려주세요. (요청번호: …)',
      answer: { status: 500, code: -1 },
      cause: 'A bug, or the database is gone. The log has the reason under the request id.',
      action:
        'For a charge: look the merchant_uid up before anything else, since the payment may have been made. For a look-up: try again.',
    },
  ],
}

export const idempotencyMessages: MessageGroup = {
  title: 'Idempotency-Key',
  introduction: 'Only for calls that carry the header.',
  messages: [
    {
      text: 'Idempotency-Key는 공백 없는 ASCII 문자 1~255자여야 합니다.',
      answer: badRequestAnswer,
      cause: 'The key is empty, too long, or has blanks or other scripts in it.',
      action: 'Send a UUID, for example.',
    },
    {
      text: '같은 Idempotency-Key의 요청을 아직 처리하고 있습니다. 잠시 후 다시 시도하세요.',
      answer: { status: 409, code: -1 },
      cause: 'The first request under this key is still under way.',
      action: 'Send the same request again after Retry-After.',
    },
    {
      text: '다른 요청에 이미 사용된 Idempotency-Key입니다. 새로운 요청에는 새로운 키를 사용하세요.',
      answer: { status: 422, code: -1 },
      cause: 'The key was used for another call, or with other parameters.',
      action: 'Use a new key for a new request.',
    },
  ],
}

const anyValue = 'Another value for the named parameter.'

export const ruleMessages: MessageGroup = {
  title: 'Rules named in 파라미터 오류',
  introduction: 'Each stands in parentheses after the name of its parameter.',
  messages: [
    rule('문자열이어야 합니다.', 'No text, and nothing that can be read as one.'),
    rule('정수여야 합니다.', 'No integer: a fraction, true, an exponent, or past 2^53.'),
    rule('…의 정수여야 합니다.', 'No integer, or out of the bounds that are named.'),
    rule('… 이상', 'The lower bound of an integer.'),
    rule('… 이하', 'The upper bound of an integer.'),
    rule('true 또는 false여야 합니다.', 'No boolean: true, false, 1 and 0 are.'),
    rule('… 중 하나여야 합니다.', 'None of the choices.'),
    rule('…자 이하여야 합니다.', 'Too long, in characters.'),
    rule('…자 이상이어야 합니다.', 'Too short, in characters.'),
    rule('형식이 올바르지 않습니다.', 'Not of the form the parameter has.'),
    rule('사용할 수 없는 문자가 포함되어 있습니다.', 'A NUL, or half of a surrogate pair.'),
    rule('배열이어야 합니다.', 'No list in any spelling.'),
    rule('객체여야 합니다.', 'No object.'),
    rule('최대 …개까지 보낼 수 있습니다.', 'Too many entries.'),
    rule('…개 이상 보내야 합니다.', 'Too few entries.'),
    rule('… 외 …건', 'More than twenty faults: the rest is counted.'),
    rule('카드번호는 숫자여야 합니다.', 'card_number has no digit in it.'),
    rule(
      '유효기간은 YYYY-MM 형식이어야 합니다.',
      'expiry is neither YYYY-MM nor YYYYMM nor MM/YY.',
    ),
  ],
}

function rule(text: string, cause: string) {
  return { text, answer: null, cause, action: anyValue }
}
