// The wizard for a PAYJOA contract: its values, its type, its rules, and whether PAYJOA takes them. Nothing is saved
// before the third step has been left; the link key is forgotten by the page as soon as it is.

import { Button, Group, Stack, Stepper } from '@mantine/core'
import { ChevronLeftIcon } from '@primer/octicons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { sessionQuery, useIsAtLeast } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { ButtonLink, TextLink } from '../parts/links.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { areRulesFine, type ChannelDraft, creationOf, emptyDraft } from './channel-draft.ts'
import { channelFormWords } from './channel-form-words.ts'
import { channelsQuery, testChannel } from './channel-queries.ts'
import { channelWords } from './channel-words.ts'
import { ConnectionResult } from './connection-result.tsx'
import { ContractFields, TermsFields } from './contract-fields.tsx'
import { RulesFields } from './rules-fields.tsx'

const names = ['contract', 'terms', 'rules', 'test'] as const

export function NewChannelPage() {
  const words = useWords(channelFormWords)
  const list = useWords(channelWords)
  const [step, setStep] = useState(0)
  const [draft, setDraft] = useState(emptyDraft)
  const change = (changed: Partial<ChannelDraft>) => setDraft({ ...draft, ...changed })
  const creation = useCreation(() => {
    setDraft(emptyDraft)
    setStep(3)
  })
  const name = names[step] ?? 'test'
  return (
    <Page
      title={words.title}
      above={
        <TextLink to="/channels" fz="inherit">
          <ChevronLeftIcon size={12} /> {list.title}
        </TextLink>
      }
    >
      <Stack gap="md" maw={720}>
        <Stepper active={step} size="sm" allowNextStepsSelect={false}>
          {names.map((one) => (
            <Stepper.Step key={one} label={words.steps[one]} />
          ))}
        </Stepper>
        <Panel title={words.steps[name]}>
          {name === 'contract' && <ContractFields draft={draft} change={change} />}
          {name === 'terms' && <TermsFields draft={draft} change={change} />}
          {name === 'rules' && <RulesFields draft={draft} change={change} />}
          {name === 'test' && creation.data !== undefined && (
            <ConnectionStep channelKey={creation.data.channelKey} />
          )}
          <FailureNotice error={creation.error} />
          {name !== 'test' && (
            <WizardButtons
              step={step}
              isOpen={isStepDone(name, draft)}
              isBusy={creation.isPending}
              go={setStep}
              create={() => creation.mutate(draft)}
            />
          )}
        </Panel>
      </Stack>
    </Page>
  )
}

function isStepDone(name: (typeof names)[number], draft: ChannelDraft): boolean {
  if (name === 'contract') return draft.pgId.trim() !== '' && draft.linkKey.trim() !== ''
  if (name === 'terms') {
    return draft.allowsBilling || draft.allowsKeyInPlain || draft.allowsKeyInVerified
  }
  return areRulesFine(draft)
}

function useCreation(onCreated: () => void) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (draft: ChannelDraft) =>
      answerOf(api.POST('/channels', { body: creationOf(draft) })),
    onSuccess: async () => {
      onCreated()
      await queryClient.invalidateQueries({ queryKey: channelsQuery.queryKey })
      // The mode that every page shows may have changed by it.
      await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
      await queryClient.invalidateQueries({ queryKey: ['overview'] })
    },
  })
}

interface WizardButtonsProps {
  readonly step: number
  readonly isOpen: boolean
  readonly isBusy: boolean
  readonly go: (step: number) => void
  readonly create: () => void
}

function WizardButtons({ step, isOpen, isBusy, go, create }: WizardButtonsProps) {
  const words = useWords(channelFormWords)
  const mayCreate = useIsAtLeast('owner')
  const isLast = step === 2
  return (
    <Group justify="space-between" mt="md">
      <Button variant="default" disabled={step === 0} onClick={() => go(step - 1)}>
        {words.back}
      </Button>
      {isLast ? (
        <NeedsRole least="owner">
          <Button loading={isBusy} disabled={!isOpen || !mayCreate} onClick={create}>
            {words.create}
          </Button>
        </NeedsRole>
      ) : (
        <Button disabled={!isOpen} onClick={() => go(step + 1)}>
          {words.next}
        </Button>
      )}
    </Group>
  )
}

function ConnectionStep({ channelKey }: { readonly channelKey: string }) {
  const words = useWords(channelFormWords)
  const test = useMutation({ mutationFn: () => testChannel(channelKey) })
  return (
    <Stack gap="sm">
      <p>{test.data === undefined ? words.testHint : words.saved}</p>
      <FailureNotice error={test.error} />
      {test.data !== undefined && <ConnectionResult test={test.data} />}
      <Group>
        <Button
          variant={test.data?.isReady === true ? 'default' : 'filled'}
          loading={test.isPending}
          onClick={() => test.mutate()}
        >
          {words.test}
        </Button>
        <ButtonLink to="/channels/$channelKey" params={{ channelKey }} variant="default">
          {words.finish}
        </ButtonLink>
      </Group>
    </Stack>
  )
}
