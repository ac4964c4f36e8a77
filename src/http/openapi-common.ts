// What all operations of the OpenAPI document share: how to show a token, the key, headers and refusals.

/** Every spelling in which a token is read; see access-token-header.ts. */
export const securitySchemes = {
  token: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'POST /users/getToken으로 발급받은 access_token을 그대로 보냅니다.',
  },
  bearer: { type: 'http', scheme: 'bearer' },
  impTokenHeader: { type: 'apiKey', in: 'header', name: 'X-ImpTokenHeader' },
  tokenInQuery: {
    type: 'apiKey',
    in: 'query',
    name: '_token',
    description: '주소가 로그에 남을 수 있으므로 권장하지 않습니다.',
  },
} as const

export const keyParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    '같은 키로 같은 요청을 다시 보내면 다시 처리하지 않고 처음의 응답을 돌려줍니다. 15일간 보관됩니다.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7E]+$' },
} as const

const text = { type: 'string' } as const

export const responseHeaders = {
  'Billkey-Version': { description: '서버의 버전', schema: text },
  'X-Request-Id': { description: '요청번호. 문의할 때 알려주세요.', schema: text },
  'Billkey-Outcome': {
    description: 'PG의 결과를 아직 알 수 없음. 같은 주문을 다시 결제하지 마세요.',
    schema: { const: 'unknown' },
  },
  'Idempotency-Replayed': {
    description: '같은 Idempotency-Key로 이미 처리된 요청의 응답',
    schema: { const: 'true' },
  },
} as const

function refusal(description: string, headers?: object) {
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } },
  }
}

const retryAfter = {
  'Retry-After': { description: '다시 시도하기까지 기다릴 시간(초)', schema: { type: 'integer' } },
}

export const errorResponses = {
  400: refusal('파라미터 누락 또는 오류. 아무것도 처리되지 않았습니다.'),
  401: refusal('토큰이 없거나 유효하지 않음, 또는 API키와 secret이 올바르지 않음'),
  404: refusal('존재하지 않음'),
  409: refusal('같은 Idempotency-Key의 요청을 처리하는 중', retryAfter),
  422: refusal('다른 요청에 이미 사용된 Idempotency-Key'),
  429: refusal('인증 시도가 너무 많음', retryAfter),
  500: refusal('서버 오류. 결제 요청이었다면 merchant_uid로 조회하여 결과를 확인하세요.'),
} as const
