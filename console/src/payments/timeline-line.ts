// One line and its circumstances for each kind of entry of a timeline.

import { type Formats, koreanMinute, koreanSecond, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { TimelineEntry } from './payment-queries.ts'
import { timelineWords } from './timeline-words.ts'

interface Line {
  readonly title: string
  readonly notes: readonly string[]
}

type Note = string | null | undefined | false
type Of<Kind extends TimelineEntry['kind']> = Extract<TimelineEntry, { kind: Kind }>

function line(title: string, ...notes: readonly Note[]): Line {
  return { title, notes: notes.filter((note): note is string => Boolean(note)) }
}

interface Teller {
  readonly words: (typeof timelineWords)['en']
  readonly formats: Formats
}

export function useTimelineLine(): (entry: TimelineEntry) => Line {
  const words = useWords(timelineWords)
  const formats = useFormats()
  return (entry) => lineOf(entry, { words, formats })
}

function lineOf(entry: TimelineEntry, teller: Teller): Line {
  const { words, formats } = teller
  switch (entry.kind) {
    case 'requested':
      return line(words.requested[entry.by](formats.won(entry.amountWon)))
    case 'exchange':
      return exchangeLine(entry, teller)
    case 'state':
      return line(
        words.became[entry.state],
        entry.failure !== null && words.failures[entry.failure],
        entry.reason && causeOf(entry.reason, words),
      )
    case 'evidence':
      return line(
        words.evidence[entry.verdict],
        words.sources[entry.source],
        entry.actor,
        entry.reason,
        entry.transactionId && `DAOUTRX ${entry.transactionId}`,
      )
    case 'gateway_fact':
      return factLine(entry, teller)
    case 'cancel':
      return line(words.cancel(formats.won(entry.cancel.amountWon)), entry.cancel.reason)
    case 'webhook':
      return webhookLine(entry, teller)
    case 'webhook_attempt':
      return attemptLine(entry, teller)
    case 'act':
      return line(words.act, entry.action, entry.actor)
    case 'discrepancy':
      return discrepancyLine(entry, teller)
  }
}

/** Why nobody knows, in words; a reason that somebody gave stays as it is. */
function causeOf(reason: string, { causes }: Teller['words']): string {
  return (causes as Readonly<Record<string, string>>)[reason] ?? reason
}

function exchangeLine({ exchange }: Of<'exchange'>, { words }: Teller): Line {
  return line(
    `${words.exchange[exchange.purpose]}, ${words.outcomes[exchange.outcome]}`,
    [exchange.resultCode, exchange.resultMessage].filter(Boolean).join(' '),
    exchange.resultCode === null && exchange.cause && causeOf(exchange.cause, words),
    exchange.method,
    `ORDERNO ${exchange.orderNumber}`,
    exchange.transactionId && `DAOUTRX ${exchange.transactionId}`,
    exchange.archiveId && words.exchangeArchived(exchange.archiveId),
  )
}

function factLine(fact: Of<'gateway_fact'>, { words, formats }: Teller): Line {
  return line(
    words.fact[fact.fact](formats.won(fact.amountWon)),
    words.sources[fact.source],
    `DAOUTRX ${fact.transactionId}`,
    fact.happenedAt !== null && words.atPayjoa(koreanSecond(fact.happenedAt)),
    fact.times > 1 && words.times(formats.count(fact.times)),
  )
}

function webhookLine(webhook: Of<'webhook'>, { words, formats }: Teller): Line {
  const { status, state, attemptCount, nextAttemptAt, archiveId } = webhook
  return line(
    `${words.webhook(status)}, ${words.webhookStates[state]}`,
    attemptCount > 0 && words.attempts(formats.count(attemptCount)),
    state === 'pending' && nextAttemptAt !== null && words.nextAttempt(koreanSecond(nextAttemptAt)),
    archiveId !== null && words.attemptsArchived(archiveId),
  )
}

function attemptLine(attempt: Of<'webhook_attempt'>, { words, formats }: Teller): Line {
  const { httpStatus, error, durationMs, url } = attempt
  return line(
    words.attempt(formats.count(attempt.attempt)),
    httpStatus !== null && `HTTP ${httpStatus}`,
    error,
    durationMs === null ? words.noEnd : words.duration(formats.count(durationMs)),
    url,
  )
}

function discrepancyLine(told: Of<'discrepancy'>, { words }: Teller): Line {
  const { detail, resolvedAt, resolvedBy } = told
  return line(
    words.discrepancy,
    detail,
    resolvedAt !== null && words.resolvedBy(resolvedBy ?? '', koreanMinute(resolvedAt)),
  )
}
