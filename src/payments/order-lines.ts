// What the gateway is told of an order.

import type { OrderLines } from '../gateways/gateway.ts'
import type { Payment } from './payment.ts'

// V1 lets `name` and `customer_uid` be absent; PRODUCTNAME and USERID are required by the wire.
export function orderLinesOf(
  payment: Pick<Payment, 'merchantUid' | 'name' | 'buyerName' | 'buyerEmail' | 'customerUid'>,
  orderNumber: string,
  buyerIp: string,
): OrderLines {
  return {
    orderNumber,
    productName: payment.name ?? payment.merchantUid,
    buyerName: payment.buyerName,
    buyerEmail: payment.buyerEmail,
    userId: payment.customerUid ?? payment.merchantUid,
    buyerIp,
  }
}
