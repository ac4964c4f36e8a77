// All that happened to a payment, oldest first, under headings of days. Each kind of entry is told in one line and its
// circumstances; an exchange with PAYJOA opens to what was sent and what came back.

import { Text } from '@mantine/core'

import { koreanDay, koreanTimeOfDay } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { Tone } from '../parts/state-mark.tsx'
import { ExchangeDetails } from './exchange-details.tsx'
import type { TimelineEntry } from './payment-queries.ts'
import classes from './timeline.module.css'
import { useTimelineLine } from './timeline-line.ts'
import { timelineWords } from './timeline-words.ts'

export function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  const words = useWords(timelineWords)
  if (entries.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {words.empty}
      </Text>
    )
  }
  const days = Object.entries(Object.groupBy(entries, ({ at }) => koreanDay(at)))
  return days.map(([day, ofDay = []]) => (
    <section key={day} aria-label={day}>
      <h3 className={classes['day']}>{day}</h3>
      <ol className={classes['entries']}>
        {ofDay.map((entry, index) => (
          // Entries have no id of their own, and are only ever added at the end.
          // oxlint-disable-next-line react/no-array-index-key -- see above
          <Entry key={`${entry.kind}/${entry.at}/${index}`} entry={entry} />
        ))}
      </ol>
    </section>
  ))
}

function Entry({ entry }: { readonly entry: TimelineEntry }) {
  const { title, notes } = useTimelineLine()(entry)
  return (
    <li className={classes['entry']} data-tone={toneOf(entry)}>
      <time className={classes['time']} dateTime={entry.at}>
        {koreanTimeOfDay(entry.at).slice(0, 12)}
      </time>
      <div className={classes['what']}>
        <span className={classes['title']}>{title}</span>
        {notes.map((note) => (
          <span key={note} className={classes['note']}>
            {note}
          </span>
        ))}
        {entry.kind === 'exchange' && <ExchangeDetails exchange={entry.exchange} />}
      </div>
    </li>
  )
}

const outcomeTones = {
  sending: 'calm',
  approved: 'good',
  declined: 'bad',
  unsent: 'bad',
  unknown: 'warn',
} as const

const stateTones = {
  sending: 'calm',
  paid: 'good',
  failed: 'bad',
  unknown: 'warn',
  cancelled: 'quiet',
} as const

const webhookTones = { pending: 'calm', held: 'warn', delivered: 'good', given_up: 'bad' } as const

function toneOf(entry: TimelineEntry): Tone {
  switch (entry.kind) {
    case 'exchange':
      return outcomeTones[entry.exchange.outcome]
    case 'state':
      return stateTones[entry.state]
    case 'webhook':
      return webhookTones[entry.state]
    case 'webhook_attempt':
      return isTaken(entry.httpStatus) ? 'good' : 'bad'
    case 'discrepancy':
      return entry.resolvedAt === null ? 'bad' : 'quiet'
    case 'evidence':
    case 'gateway_fact':
    case 'act':
      return 'calm'
    case 'requested':
    case 'cancel':
      return 'quiet'
  }
}

function isTaken(httpStatus: number | null): boolean {
  return httpStatus !== null && httpStatus >= 200 && httpStatus < 300
}
