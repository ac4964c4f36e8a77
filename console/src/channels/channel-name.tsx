// A channel by the name its merchant gave it, with the way to it.

import { useQuery } from '@tanstack/react-query'

import { TextLink } from '../parts/links.tsx'
import { channelsQuery } from './channel-queries.ts'

const freshMs = 60_000

/** Its key, as long as the name is not known. */
export function ChannelName({ channelKey }: { readonly channelKey: string }) {
  const { data } = useQuery({ ...channelsQuery, staleTime: freshMs })
  const channel = data?.items.find((one) => one.channelKey === channelKey)
  return (
    <TextLink to="/channels/$channelKey" params={{ channelKey }} fz="inherit">
      {channel?.name ?? channelKey}
    </TextLink>
  )
}
