// One contract: its terms, which never change, its rules, which do, and whether it works.

import { Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { ChevronLeftIcon } from '@primer/octicons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'

import { answerOf, api, ApiFailure } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { PageLoader } from '../app/page-loader.tsx'
import { koreanMinute } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { type Fact, Facts } from '../parts/facts.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { TextLink } from '../parts/links.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { SecretInput } from '../parts/secret-input.tsx'
import { toast } from '../parts/toast.ts'
import { ChannelActs } from './channel-acts.tsx'
import { areRulesFine, changeOf, rulesDraftOf } from './channel-draft.ts'
import { channelFormWords } from './channel-form-words.ts'
import { type Channel, channelsQuery, testChannel } from './channel-queries.ts'
import { channelWords } from './channel-words.ts'
import { ChannelState } from './channels-page.tsx'
import { ConnectionResult } from './connection-result.tsx'
import { RulesFields } from './rules-fields.tsx'

const route = getRouteApi('/channels/$channelKey')

export function ChannelPage() {
  const words = useWords(channelWords)
  const { channelKey } = route.useParams()
  const channels = useQuery(channelsQuery)
  if (channels.isPending) return <PageLoader />
  const channel = channels.data?.items.find((one) => one.channelKey === channelKey)
  const above = (
    <TextLink to="/channels" fz="inherit">
      <ChevronLeftIcon size={12} /> {words.title}
    </TextLink>
  )
  if (channel === undefined) {
    return (
      <Page title={channelKey} above={above}>
        <FailureNotice error={channels.error ?? new ApiFailure('not_found', 404)} />
      </Page>
    )
  }
  return (
    <Page
      title={channel.name}
      above={above}
      mark={<ChannelState channel={channel} />}
      actions={<ChannelActs channel={channel} />}
    >
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Stack gap="md">
          <ContractPanel channel={channel} />
          <TestPanel channelKey={channelKey} />
        </Stack>
        <RulesPanel channel={channel} />
      </SimpleGrid>
    </Page>
  )
}

function ContractPanel({ channel }: { readonly channel: Channel }) {
  const words = useWords(channelWords)
  const facts = useContractFacts(channel)
  const { state, downSince, reason } = channel.gateway
  return (
    <Panel title={words.details}>
      <Stack gap="sm">
        {state === 'down' && (
          <Notice tone="bad" title={words.down}>
            {downSince !== null && `${koreanMinute(downSince)} KST `}
            {reason}
          </Notice>
        )}
        <Facts facts={facts} />
        <Text size="xs" c="dimmed">
          {words.notificationHint}
        </Text>
      </Stack>
    </Panel>
  )
}

function useContractFacts(channel: Channel): readonly Fact[] {
  const words = useWords(channelWords)
  const form = useWords(channelFormWords)
  const yesNo = (is: boolean) => (is ? words.yes : words.no)
  return [
    { label: 'channel_key', value: channel.channelKey, copies: channel.channelKey },
    { label: words.provider, value: words.payjoa },
    { label: words.cpid, value: channel.pgId, copies: channel.pgId },
    { label: words.mode, value: words.modes[channel.mode] },
    { label: words.baseUrl, value: channel.baseUrl },
    { label: form.cardRoute, value: form.cardRoutes[channel.cardRoute] },
    { label: form.productType, value: form.productTypes[channel.productType] },
    { label: form.taxMode, value: form.taxModes[channel.taxMode] },
    { label: form.allowsBilling, value: yesNo(channel.allowsBilling) },
    { label: form.allowsKeyInVerified, value: yesNo(channel.allowsKeyInVerified) },
    { label: form.allowsKeyInPlain, value: yesNo(channel.allowsKeyInPlain) },
    { label: form.reportPassword, value: yesNo(channel.hasReportPassword) },
    {
      label: words.notification,
      value: channel.notificationPath,
      copies: channel.notificationPath,
    },
  ]
}

function TestPanel({ channelKey }: { readonly channelKey: string }) {
  const words = useWords(channelFormWords)
  const mayAct = useIsAtLeast('operator')
  const test = useMutation({ mutationFn: () => testChannel(channelKey) })
  return (
    <Panel
      title={words.steps.test}
      actions={
        <NeedsRole least="operator">
          <Button
            variant="default"
            size="compact-sm"
            disabled={!mayAct}
            loading={test.isPending}
            onClick={() => test.mutate()}
          >
            {words.test}
          </Button>
        </NeedsRole>
      }
    >
      <FailureNotice error={test.error} />
      {test.data !== undefined && <ConnectionResult test={test.data} />}
    </Panel>
  )
}

function RulesPanel({ channel }: { readonly channel: Channel }) {
  const words = useWords(channelWords)
  const form = useWords(channelFormWords)
  const queryClient = useQueryClient()
  const mayAct = useIsAtLeast('owner')
  const [draft, setDraft] = useState(() => rulesDraftOf(channel))
  const [linkKey, setLinkKey] = useState('')
  const save = useMutation({
    mutationFn: () =>
      answerOf(
        api.PATCH('/channels/{channelKey}', {
          params: { path: { channelKey: channel.channelKey } },
          body: changeOf(draft, linkKey.trim()),
        }),
      ),
    onSuccess: async (changed) => {
      setDraft(rulesDraftOf(changed))
      setLinkKey('')
      toast(words.changed)
      await queryClient.invalidateQueries({ queryKey: channelsQuery.queryKey })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <Panel title={words.rules}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <SecretInput
            label={form.newLinkKey}
            description={form.newLinkKeyHint}
            autoComplete="off"
            value={linkKey}
            onChange={(event) => setLinkKey(event.currentTarget.value)}
          />
          <RulesFields draft={draft} change={(changed) => setDraft({ ...draft, ...changed })} />
          <FailureNotice error={save.error} />
          <NeedsRole least="owner">
            <Group justify="flex-end">
              <Button
                type="submit"
                loading={save.isPending}
                disabled={!mayAct || !areRulesFine(draft)}
              >
                {form.save}
              </Button>
            </Group>
          </NeedsRole>
        </Stack>
      </form>
    </Panel>
  )
}
