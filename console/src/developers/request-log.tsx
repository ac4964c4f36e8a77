// The newest requests of the V1 API, asked for again every few seconds while the page is in sight.

import { Text } from '@mantine/core'

import { koreanSecond, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { TextLink } from '../parts/links.tsx'
import { Panel } from '../parts/panel.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { developerWords } from './developer-words.ts'
import { useNewestRequests } from './newest-requests.ts'

export function RequestLog() {
  const words = useWords(developerWords)
  const { count } = useFormats()
  const requests = useNewestRequests()
  const items = requests.data?.items ?? []
  return (
    <Panel title={words.requests} hint={words.requestsHint}>
      <FailureNotice error={requests.error} retry={() => void requests.refetch()} />
      {requests.isSuccess && items.length === 0 && <Text size="sm">{words.noRequests}</Text>}
      {items.length > 0 && (
        <ShortTable
          label={words.requests}
          head={[words.at, words.call, words.status, words.message, words.duration, words.payment]}
          rows={items.map((one) => ({
            key: one.requestId,
            cells: [
              <span key="at" className="numeric">
                {koreanSecond(one.at)}
              </span>,
              `${one.method} ${one.route}`,
              <StateMark
                key="status"
                tone={one.status >= 500 ? 'bad' : one.code === 0 ? 'good' : 'warn'}
                label={String(one.status)}
              />,
              one.message,
              `${count(one.durationMs)} ms`,
              one.impUid !== null && (
                <TextLink
                  key="payment"
                  to="/payments/$impUid"
                  params={{ impUid: one.impUid }}
                  fz="inherit"
                >
                  {one.impUid}
                </TextLink>
              ),
            ],
          }))}
        />
      )}
    </Panel>
  )
}
