// What a new merchant has still to do, each with the way to where it is done.

import { CheckCircleFillIcon, CircleIcon } from '@primer/octicons-react'

import { useWords } from '../language/language.tsx'
import { TextLink } from '../parts/links.tsx'
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

/** Where it is done, or where one is told how. */
const places = {
  hasChannel: '/channels/new',
  hasApiKey: '/developers',
  hasPayment: '/developers',
  hasBillingKey: '/billing-keys',
  hasSchedule: '/schedules',
  hasWebhookEndpoint: '/webhooks',
} as const

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
              {setUp[step] ? (
                words.steps[step]
              ) : (
                <TextLink to={places[step]} fz="inherit">
                  {words.steps[step]}
                </TextLink>
              )}
              <span className="only-read-aloud">: {setUp[step] ? words.done : words.open}</span>
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}
