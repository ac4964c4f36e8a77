// The contracts of the merchant and whether they work.

import { PlugIcon } from '@primer/octicons-react'
import { useQuery } from '@tanstack/react-query'

import { useWords } from '../language/language.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { ButtonLink, TextLink } from '../parts/links.tsx'
import { Page } from '../parts/page.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { StateMark, Tag } from '../parts/state-mark.tsx'
import { type Channel, channelsQuery } from './channel-queries.ts'
import { channelWords } from './channel-words.ts'

/** The contracts; a merchant has a few. */
export function ChannelsPage() {
  const words = useWords(channelWords)
  const channels = useQuery(channelsQuery)
  const items = channels.data?.items ?? []
  const add = <ButtonLink to="/channels/new">{words.add}</ButtonLink>
  return (
    <Page title={words.title} hint={words.hint} actions={items.length > 0 && add}>
      <FailureNotice error={channels.error} retry={() => void channels.refetch()} />
      {channels.data !== undefined && items.length === 0 && (
        <EmptyState icon={PlugIcon} title={words.emptyTitle} action={add}>
          {words.emptyHint}
        </EmptyState>
      )}
      {items.length > 0 && (
        <ShortTable
          label={words.title}
          head={[words.channel, words.cpid, words.mode, words.state, words.default]}
          rows={items.map((channel) => ({
            key: channel.channelKey,
            cells: [
              <TextLink
                key="name"
                to="/channels/$channelKey"
                params={{ channelKey: channel.channelKey }}
                fz="inherit"
              >
                {channel.name}
              </TextLink>,
              channel.pgId,
              <Tag
                key="mode"
                label={words.modes[channel.mode]}
                tone={channel.mode === 'sandbox' ? 'warn' : 'quiet'}
              />,
              <ChannelState key="state" channel={channel} />,
              channel.isDefault && <Tag key="default" label={words.default} />,
            ],
          }))}
        />
      )}
    </Page>
  )
}

export function ChannelState({ channel }: { readonly channel: Channel }) {
  const words = useWords(channelWords)
  if (channel.disabledAt !== null) return <StateMark tone="quiet" label={words.disabled} />
  const isDown = channel.gateway.state === 'down'
  return <StateMark tone={isDown ? 'bad' : 'good'} label={isDown ? words.down : words.answers} />
}
