// The parameters of a notification, as the LINK manuals and several merchants' handlers name them.

import type { NotificationFaultName } from './fault-scripts.ts'
import { kstStamp } from './kst.ts'
import type { ApprovalEntry, CancelEntry } from './ledger-entry.ts'
import type { Settings } from './settings.ts'

/** In the order they travel. */
export function notificationFields(
  entry: ApprovalEntry | CancelEntry,
  settings: Settings,
  fault: NotificationFaultName | null,
): Record<string, string> {
  const isCancel = entry.kind === 'cancel'
  return {
    PAYMETHOD: fault === 'wrong_method' ? 'VACCOUNT' : isCancel ? 'CARD_CANCEL' : entry.paymethod,
    CPID: fault === 'altered_cpid' ? 'CTS99999' : entry.cpid,
    DAOUTRX: isCancel ? entry.cancelId : entry.daoutrx,
    ORDERNO: entry.orderno,
    AMOUNT: String(entry.amountWon + (fault === 'altered_amount' ? 1 : 0)),
    [isCancel ? 'CANCELDATE' : settings.notificationDateField]: kstStamp(entry.atMs),
    ...(settings.notificationResultCode && { RESULTCODE: '0000' }),
    EMAIL: '',
    USERID: 'customer',
    USERNAME: '홍길동',
    PRODUCTCODE: '',
    PRODUCTNAME: '정기구독',
    RESERVEDINDEX1: '',
    RESERVEDINDEX2: '',
    RESERVEDSTRING: '',
    ...(isCancel ? {} : cardFields(entry, settings)),
  }
}

function cardFields(entry: ApprovalEntry, settings: Settings): Record<string, string> {
  // One merchant warns that a whole number may arrive; this one has made-up digits in its middle.
  const middle = settings.notificationFullPan ? '7' : '0'
  return {
    AUTHNO: entry.authno ?? '',
    CARDCODE: entry.cardcode,
    CARDNAME: '신용카드',
    CARDNO: entry.card.replaceAll('*', middle),
    CARDTYPE: '',
    QUOTAOPT: '',
    ALLOTMON: entry.quota,
    NOINTFLAG: '',
  }
}
