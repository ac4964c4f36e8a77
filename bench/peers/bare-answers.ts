// What the bare servers answer and take, so that both do the same and billkey is held against the same bytes.

export interface BareAnswers {
  readonly port: number
  /** GET /: what `GET /payments/{imp_uid}` answers, as an object. */
  readonly payment: unknown
}

/** POST /: takes JSON, and answers with a word of it. */
export function answerToPost(body: unknown): object {
  const { merchant_uid: merchantUid = null } = body as { merchant_uid?: string }
  return { code: 0, message: null, response: { merchant_uid: merchantUid } }
}

/** The arguments: a port, and what is answered as JSON. */
export function readBareAnswers(): BareAnswers {
  const [, , port, payment = '{}'] = process.argv
  return { port: Number(port), payment: JSON.parse(payment) as unknown }
}

/** JSON of exactly a kilobyte, with what an order has in it. */
export function kilobyteOrder(): string {
  const order = {
    customer_uid: 'customer-1',
    merchant_uid: 'order-{unique}',
    amount: 9900,
    name: 'monthly plan',
    buyer_name: 'buyer',
    buyer_email: 'buyer@example.com',
    custom_data: '',
  }
  const wide = (text: string) => Buffer.byteLength(text.replace('{unique}', '0123456789'))
  const missing = 1024 - wide(JSON.stringify(order))
  return JSON.stringify({ ...order, custom_data: 'x'.repeat(missing) })
}
