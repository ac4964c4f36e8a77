// An operator says how an unknown payment or cancel ended, with what PAYJOA's admin shows. The server knows from when
// on "not charged" may be said; until then the choice is shown, closed, with the time.

import { useQuery } from '@tanstack/react-query'

import { answerOf, api } from '../api/client.ts'
import { useWords } from '../language/language.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { paymentPageWords } from './payment-page-words.ts'
import { type Payment, timelineQuery } from './payment-queries.ts'
import { ResolveForm } from './resolve-form.tsx'

interface ResolvePaymentDialogProps {
  readonly payment: Payment
  readonly isOpen: boolean
  readonly close: () => void
}

export function ResolvePaymentDialog({ payment, isOpen, close }: ResolvePaymentDialogProps) {
  const words = useWords(paymentPageWords)
  const { impUid, acts } = payment
  const orderNumber = useOrderNumber(impUid, isOpen)
  return (
    <Dialog title={words.resolveTitle} isOpen={isOpen} close={close} size={520}>
      {() => (
        <ResolveForm
          happened="charged"
          didNot="not_charged"
          didNotFrom={acts.notChargedFrom}
          hasApprovalNumber
          orderNumber={orderNumber}
          send={(body) =>
            answerOf(api.POST('/payments/{impUid}/resolve', { params: { path: { impUid } }, body }))
          }
          close={close}
        />
      )}
    </Dialog>
  )
}

interface ResolveCancelDialogProps {
  readonly payment: Payment
  readonly cancel: Payment['cancels'][number] | null
  readonly close: () => void
}

export function ResolveCancelDialog({ payment, cancel, close }: ResolveCancelDialogProps) {
  const words = useWords(paymentPageWords)
  const path = { impUid: payment.impUid, cancelId: cancel?.cancelId ?? '' }
  const orderNumber = useOrderNumber(payment.impUid, cancel !== null)
  return (
    <Dialog title={words.resolveCancelTitle} isOpen={cancel !== null} close={close} size={520}>
      {() => (
        <ResolveForm
          happened="cancelled"
          didNot="not_cancelled"
          didNotFrom={cancel?.notCancelledFrom ?? null}
          hasApprovalNumber={false}
          orderNumber={orderNumber}
          send={(body) =>
            answerOf(
              api.POST('/payments/{impUid}/cancels/{cancelId}/resolve', { params: { path }, body }),
            )
          }
          close={close}
        />
      )}
    </Dialog>
  )
}

/** Under which the charge is found in PAYJOA's admin. */
function useOrderNumber(impUid: string, isWanted: boolean): string | null {
  const { data } = useQuery({ ...timelineQuery(impUid), enabled: isWanted })
  const charge = data?.entries.findLast(
    (entry) => entry.kind === 'exchange' && entry.exchange.purpose === 'charge',
  )
  return charge?.kind === 'exchange' ? charge.exchange.orderNumber : null
}
