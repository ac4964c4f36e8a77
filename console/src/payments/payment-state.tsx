import type { Schemas } from '../api/client.ts'
import { useWords } from '../language/language.tsx'
import { StateMark, type Tone } from '../parts/state-mark.tsx'
import type { PaymentStateFilter } from './payment-search.ts'
import { paymentWords } from './payment-words.ts'

const tones: Readonly<Record<PaymentStateFilter, Tone>> = {
  sending: 'calm',
  unknown: 'warn',
  paid: 'good',
  failed: 'bad',
  cancelled: 'quiet',
  partly_cancelled: 'quiet',
}

type Stated = Pick<Schemas['PaymentSummary'], 'state' | 'isPartlyCancelled' | 'isGivenBack'>

export function PaymentState({ payment }: { readonly payment: Stated }) {
  const words = useWords(paymentWords)
  if (payment.isGivenBack) return <StateMark tone="warn" label={words.givenBack} />
  const state = payment.isPartlyCancelled ? 'partly_cancelled' : payment.state
  return <StateMark tone={tones[state]} label={words.states[state]} />
}
