// What was sent to PAYJOA and what came back, as it was stored: masked.

import { koreanTimeOfDay, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { Schemas } from '../api/client.ts'
import classes from './timeline.module.css'
import { timelineWords } from './timeline-words.ts'

type Exchange = Schemas['Exchange']
type Step = NonNullable<Exchange['ready']>
type Field = Step['request'][number]

/** What was sent to PAYJOA and what came back, closed at first. */
export function ExchangeDetails({ exchange }: { readonly exchange: Exchange }) {
  const words = useWords(timelineWords)
  const { ready, execute, finishedAt } = exchange
  if (ready === null && execute === null) return null
  return (
    <details className={classes['exchange']}>
      <summary>
        {words.masked}
        {finishedAt !== null && ` · ${koreanTimeOfDay(finishedAt)}`}
      </summary>
      {ready !== null && <WireStep name={words.ready} step={ready} />}
      {execute !== null && <WireStep name={words.execute} step={execute} />}
    </details>
  )
}

function WireStep({ name, step }: { readonly name: string; readonly step: Step }) {
  const words = useWords(timelineWords)
  const { count } = useFormats()
  return (
    <div className={classes['step']}>
      <p className={classes['stepHead']}>
        <b>{name}</b> <code>{step.url}</code>
        <span className="numeric"> {words.duration(count(step.durationMs))}</span>
      </p>
      <div className={classes['wire']}>
        <FieldTable caption={words.request} fields={step.request} />
        {step.response === null ? (
          <p className={classes['error']}>
            {words.noResponse}
            {step.error !== null && `: ${step.error}`}
          </p>
        ) : (
          <FieldTable
            caption={`${words.response}${step.httpStatus === null ? '' : ` · HTTP ${step.httpStatus}`}`}
            fields={step.response}
          />
        )}
      </div>
    </div>
  )
}

function FieldTable({
  caption,
  fields,
}: {
  readonly caption: string
  readonly fields: readonly Field[]
}) {
  return (
    <table className={classes['fields']}>
      <caption>{caption}</caption>
      <tbody>
        {fields.map(({ name, value }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
