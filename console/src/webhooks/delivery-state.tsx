import { useWords } from '../language/language.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import type { WebhookDelivery } from './webhook-queries.ts'
import { webhookWords } from './webhook-words.ts'

const tones = { pending: 'calm', held: 'warn', delivered: 'good', given_up: 'bad' } as const

export function DeliveryState({ state }: { readonly state: WebhookDelivery['state'] }) {
  return <StateMark tone={tones[state]} label={useWords(webhookWords).states[state]} />
}
