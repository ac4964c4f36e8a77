// What somebody should look at, the money first.

import { CheckCircleIcon } from '@primer/octicons-react'
import type { ReactNode } from 'react'

import { koreanMinute, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { TextLink } from '../parts/links.tsx'
import { Panel } from '../parts/panel.tsx'
import { StateMark, type Tone } from '../parts/state-mark.tsx'
import { tableWords } from '../parts/table-words.ts'
import classes from './home.module.css'
import { homeWords } from './home-words.ts'
import type { Overview } from './overview-query.ts'

interface Notice {
  readonly key: string
  readonly tone: Tone
  readonly text: string
  readonly link?: ReactNode
}

export function Attention({ overview }: { readonly overview: Overview }) {
  const words = useWords(homeWords)
  const notices = useNotices(overview)
  if (notices.length === 0) {
    return (
      <p className={classes['well']}>
        <CheckCircleIcon /> {words.attentionNone}
      </p>
    )
  }
  return (
    <Panel title={words.attention}>
      <ul className={classes['notices']}>
        {notices.map(({ key, tone, text, link }) => (
          <li key={key}>
            <StateMark tone={tone} label={text} />
            {link}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function useNotices(overview: Overview): readonly Notice[] {
  const words = useWords(homeWords)
  const common = useWords(tableWords)
  const { won, count } = useFormats()
  const plus = (isExact: boolean, text: string) => (isExact ? text : common.atLeast(text))
  const { unknownPayments, openDiscrepancies, gateways, webhooks } = overview
  const notices: (Notice | false)[] = [
    unknownPayments.count > 0 && {
      key: 'unknown',
      tone: 'warn',
      text: words.unknownPayments(
        plus(unknownPayments.isExact, count(unknownPayments.count)),
        won(unknownPayments.amountWon),
      ),
      link: (
        <TextLink to="/payments" search={{ state: 'unknown' }} fz="sm">
          {words.look}
        </TextLink>
      ),
    },
    openDiscrepancies.count > 0 && {
      key: 'discrepancies',
      tone: 'bad',
      text: words.discrepancies(plus(openDiscrepancies.isExact, count(openDiscrepancies.count))),
      link: (
        <TextLink to="/discrepancies" fz="sm">
          {words.look}
        </TextLink>
      ),
    },
    ...gateways.map(
      ({ channelKey, name, state, downSince }): Notice | false =>
        state === 'down' && {
          key: channelKey,
          tone: 'bad',
          text: words.gatewayDown(name, downSince === null ? '' : koreanMinute(downSince)),
          link: (
            <TextLink to="/channels/$channelKey" params={{ channelKey }} fz="sm">
              {words.look}
            </TextLink>
          ),
        },
    ),
    ...webhooks.endpoints.map((endpoint) => endpointNotice(endpoint, words)),
    webhooks.givenUpToday.count > 0 && {
      key: 'given up',
      tone: 'bad',
      text: words.webhooksGivenUp(
        plus(webhooks.givenUpToday.isExact, count(webhooks.givenUpToday.count)),
      ),
      link: (
        <TextLink to="/webhooks" search={{ state: 'given_up' }} fz="sm">
          {words.look}
        </TextLink>
      ),
    },
  ]
  return notices.filter((notice) => notice !== false)
}

type Endpoint = Overview['webhooks']['endpoints'][number]

function endpointNotice(
  { mode, pausedAt, failingSince }: Endpoint,
  words: (typeof homeWords)['en'],
): Notice | false {
  const name = words.modes[mode]
  const link = (
    <TextLink to="/webhooks" fz="sm">
      {words.look}
    </TextLink>
  )
  if (pausedAt !== null) {
    return { key: `paused/${mode}`, tone: 'bad', text: words.endpointPaused(name), link }
  }
  return (
    failingSince !== null && {
      key: `failing/${mode}`,
      tone: 'warn',
      text: words.endpointFailing(name, koreanMinute(failingSince)),
      link,
    }
  )
}
