// Whether PAYJOA answers and the shop takes its webhooks.

import { koreanMinute, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { Panel } from '../parts/panel.tsx'
import { StateMark, type Tone } from '../parts/state-mark.tsx'
import { tableWords } from '../parts/table-words.ts'
import classes from './home.module.css'
import { homeWords } from './home-words.ts'
import type { Overview } from './overview-query.ts'

export function Health({ overview: { gateways, webhooks } }: { readonly overview: Overview }) {
  const words = useWords(homeWords)
  const common = useWords(tableWords)
  const { count } = useFormats()
  const counted = (tally: { readonly count: number; readonly isExact: boolean }) =>
    tally.isExact ? count(tally.count) : common.atLeast(count(tally.count))
  const waiting = [
    words.waiting(counted(webhooks.pending)),
    webhooks.held.count > 0 && words.held(counted(webhooks.held)),
    webhooks.oldestPendingAt !== null && words.oldest(koreanMinute(webhooks.oldestPendingAt)),
  ].filter((text) => text !== false)
  return (
    <Panel title={words.health}>
      <dl className={classes['health']}>
        {gateways.map((gateway) => (
          <div key={gateway.channelKey} className={classes['healthRow']}>
            <dt>
              {words.gateway} · {gateway.name}{' '}
              <span className={classes['quiet']}>{gateway.pgId}</span>
            </dt>
            <dd>
              <StateMark
                tone={gateway.state === 'answers' ? 'good' : 'bad'}
                label={words[gateway.state]}
              />
            </dd>
          </div>
        ))}
        {webhooks.endpoints.map((endpoint) => (
          <EndpointHealth key={endpoint.mode} endpoint={endpoint} />
        ))}
        <div className={classes['healthRow']}>
          <dt>{words.webhooks}</dt>
          <dd className={classes['quiet']}>{waiting.join(', ')}</dd>
        </div>
      </dl>
    </Panel>
  )
}

type Endpoint = Overview['webhooks']['endpoints'][number]

function EndpointHealth({ endpoint }: { readonly endpoint: Endpoint }) {
  const words = useWords(homeWords)
  const [tone, label] = stateOf(endpoint)
  return (
    <div className={classes['healthRow']}>
      <dt>
        {words.webhooks} · {words.modes[endpoint.mode]}
      </dt>
      <dd>
        <StateMark tone={tone} label={words[label]} />
      </dd>
    </div>
  )
}

function stateOf(
  endpoint: Endpoint,
): readonly [Tone, 'noEndpoint' | 'paused' | 'failing' | 'delivering'] {
  if (endpoint.pausedAt !== null) return ['bad', 'paused']
  if (endpoint.failingSince !== null) return ['warn', 'failing']
  return endpoint.url === null ? ['quiet', 'noEndpoint'] : ['good', 'delivering']
}
