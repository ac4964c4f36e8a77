// Requests that can be sent as they stand to a sandbox: the steps of the subscription guide, in its order.

export interface Example {
  readonly summary: string
  readonly value: object
}

const card = {
  card_number: '1234-1234-1234-1234',
  expiry: '2031-12',
  birth: '820213',
  pwd_2digit: '00',
}

/** By method and url of the route. */
export const requestExamples: Readonly<Record<string, Readonly<Record<string, Example>>>> = {
  'POST /users/getToken': {
    token: {
      summary: '토큰 발급',
      value: { imp_key: 'imp_1234567890123456', imp_secret: 'your-imp-secret' },
    },
  },
  'POST /subscribe/payments/onetime': {
    onetime: {
      summary: '일회성 결제: 카드정보를 저장하지 않습니다.',
      value: { merchant_uid: 'order_id_8237352', amount: 3000, ...card },
    },
    onetimeWithBillingKey: {
      summary: '최초 결제와 빌링키 발급',
      value: {
        customer_uid: 'your-customer-unique-id',
        merchant_uid: 'order_id_8237353',
        amount: 3000,
        ...card,
      },
    },
  },
  'POST /subscribe/customers/:customer_uid': {
    billingKey: { summary: '빌링키 발급', value: card },
  },
  'POST /subscribe/payments/again': {
    again: {
      summary: '빌링키로 결제',
      value: {
        customer_uid: 'your-customer-unique-id',
        merchant_uid: 'order_id_8237354',
        amount: 3000,
        name: '월간 이용권 정기결제',
      },
    },
  },
  'POST /payments/cancel': {
    partial: {
      summary: '부분취소',
      value: {
        merchant_uid: 'order_id_8237354',
        amount: 1000,
        checksum: 3000,
        reason: '고객 요청',
      },
    },
  },
}
