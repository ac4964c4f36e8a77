import { CheckCircleFillIcon, CircleIcon } from '@primer/octicons-react'

import { useWords } from '../language/language.tsx'
import { Panel } from '../parts/panel.tsx'
import classes from './home.module.css'
import { homeWords } from './home-words.ts'
import type { Overview } from './overview-query.ts'

const order: readonly (keyof Overview['setUp'])[] = [
  'hasChannel',
  'hasApiKey',
  'hasPayment',
  'hasBillingKey',
  'hasSchedule',
  'hasWebhookEndpoint',
]

/** What is left of setting up; gone when all of it is done. */
export function FirstSteps({ setUp }: { readonly setUp: Overview['setUp'] }) {
  const words = useWords(homeWords)
  if (order.every((step) => setUp[step])) return null
  return (
    <Panel title={words.setUp} hint={words.setUpHint}>
      <ol className={classes['steps']}>
        {order.map((step) => (
          <li key={step} className={classes['step']} data-done={setUp[step]}>
            {setUp[step] ? <CheckCircleFillIcon /> : <CircleIcon />}
            <span>
              {words.steps[step]}
              <span className="only-read-aloud">: {setUp[step] ? words.done : words.open}</span>
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}
