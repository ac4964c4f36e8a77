// Every RESULTCODE the simulator can answer with. The PG's own list is not public: four-digit codes
// are the ones integrators have published; a code that starts with `S` is this simulator's invention,
// and no client may depend on it. The texts are ours throughout, except the success text and the
// invalid-number text, which were seen in the field.

export interface Result {
  readonly code: string
  /** ERRORMESSAGE. */
  readonly message: string
  /** Status used only when the setting `errorStatus` is `by_error`. */
  readonly httpStatus: number
}

const results = {
  ok: result('0000', '정상 처리 되었습니다.', 200),
  system_error: result('9000', '시스템 오류가 발생하였습니다.', 500),
  invalid_parameter: result('9001', '필수 파라미터 오류입니다.'),
  duplicate_order: result('9002', '이미 사용된 주문번호입니다.'),
  token_expired: result('9003', '토큰 유효시간이 만료되었습니다.', 401),
  token_invalid: result('9004', '유효하지 않은 토큰입니다.', 401),
  pipe_refused: result('9011', '사용할 수 없는 문자(|)가 포함되어 있습니다.'),
  unknown_cpid: result('9101', '등록되지 않은 CPID입니다.'),
  pay_method_refused: result('9102', '결제수단(PAYMETHOD)을 확인하시기 바랍니다.'),
  bill_type_refused: result('9103', '결제유형(BILLTYPE)을 확인하시기 바랍니다.'),
  merchant_inactive: result('9104', '서비스가 중지된 가맹점입니다.'),
  merchant_blocked: result('9105', '거래가 차단된 가맹점입니다.'),
  already_cancelled: result('9206', '이미 취소된 거래입니다.'),
  charset_refused: result('S001', 'Content-Type의 charset은 EUC-KR이어야 합니다.'),
  malformed_body: result('S002', '요청 본문이 올바른 JSON이 아닙니다.'),
  invalid_number: result('S101', '유효하지않은 카드번호를 입력하셨습니다.'),
  wrong_birth: result('S102', '생년월일(사업자번호)이 일치하지 않습니다.'),
  wrong_password: result('S103', '카드 비밀번호가 일치하지 않습니다.'),
  stolen: result('S104', '분실 또는 도난 신고된 카드입니다.'),
  expired: result('S105', '유효기간이 경과한 카드입니다.'),
  declined: result('S201', '승인이 거절되었습니다. 카드사에 문의하시기 바랍니다.'),
  over_limit: result('S202', '이용한도를 초과하였습니다.'),
  insufficient_balance: result('S203', '잔액이 부족합니다.'),
  unknown_key: result('S301', '등록되지 않은 자동결제키(AUTOKEY)입니다.'),
  stopped_key: result('S302', '해지된 자동결제키(AUTOKEY)입니다.'),
  unknown_transaction: result('S401', '원거래 내역이 존재하지 않습니다.'),
  over_cancel: result('S402', '취소 요청 금액이 취소 가능 금액을 초과하였습니다.'),
  partial_cancel_refused: result('S403', '부분취소 가능 횟수를 초과하였습니다.'),
  link_key_refused: result('S501', '결제연동키(Authorization)가 일치하지 않습니다.', 401),
  product_type_refused: result('S502', '상품구분(PRODUCTTYPE)이 계약 정보와 다릅니다.'),
  instalment_refused: result('S503', '할부결제는 50,000원 이상부터 가능합니다.'),
  rate_exceeded: result('S504', '초당 요청 가능 건수를 초과하였습니다.', 429),
} as const satisfies Record<string, Result>

export type ResultName = keyof typeof results

export const resultNames = Object.keys(results) as readonly ResultName[]

/** The settings that decide which code stands for which result. */
export interface CodeSettings {
  /** Sources disagree on 9103: a BILLTYPE outside the contract, or a wrong link key. */
  readonly meaning9103: 'bill_type' | 'link_key'
  /** Replaces the code of a result, by name. */
  readonly resultCodes: Readonly<Partial<Record<ResultName, string>>>
}

/** The result as this simulator answers it under the given settings. */
export function resultOf(name: ResultName, settings: CodeSettings): Result {
  const standard: Result = results[name]
  const replaced = settings.resultCodes[name]
  if (replaced !== undefined) return { ...standard, code: replaced }
  if (settings.meaning9103 === 'link_key') {
    if (name === 'link_key_refused') return { ...standard, code: '9103' }
    if (name === 'bill_type_refused') return { ...standard, code: 'S505' }
  }
  return standard
}

function result(code: string, message: string, httpStatus = 400): Result {
  return { code, message, httpStatus }
}
