// What is entered about a contract itself; none of it changes later but the link key.

import { Checkbox, NativeSelect, Radio, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { useWords } from '../language/language.tsx'
import { Notice } from '../parts/notice.tsx'
import { SecretInput } from '../parts/secret-input.tsx'
import type { ChannelDraft } from './channel-draft.ts'
import { channelFormWords } from './channel-form-words.ts'
import { channelOptionsQuery } from './channel-queries.ts'

interface ContractFieldsProps {
  readonly draft: ChannelDraft
  readonly change: (changed: Partial<ChannelDraft>) => void
}

/** Which contract it is, and where its values are found. */
export function ContractFields({ draft, change }: ContractFieldsProps) {
  const words = useWords(channelFormWords)
  const { data: options } = useQuery(channelOptionsQuery)
  // What PAYJOA lets a contract of this mode do at first, to be seen and changed among the rules.
  const chooseMode = (mode: ChannelDraft['mode']) => {
    const usual = options?.defaults.find((one) => one.mode === mode)
    change({
      mode,
      rateCapPerSecond: usual?.rateCapPerSecond ?? null,
      totalRateCapPerSecond: usual?.totalRateCapPerSecond ?? null,
    })
  }
  return (
    <Stack gap="sm">
      <Notice tone="calm" title={words.whereTitle}>
        <Text size="sm">{words.where}</Text>
        <Text size="sm">{words.whereTest}</Text>
      </Notice>
      <Radio.Group
        label={words.mode}
        value={draft.mode}
        onChange={(value) => chooseMode(value === 'live' ? 'live' : 'sandbox')}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="sandbox" label={words.modes.sandbox} />
          <Radio value="live" label={words.modes.live} />
        </Stack>
      </Radio.Group>
      <TextInput
        label={words.cpid}
        autoComplete="off"
        maxLength={20}
        value={draft.pgId}
        onChange={(event) => change({ pgId: event.currentTarget.value })}
      />
      <SecretInput
        label={words.linkKey}
        description={words.linkKeyHint}
        autoComplete="off"
        value={draft.linkKey}
        onChange={(event) => change({ linkKey: event.currentTarget.value })}
      />
      <TextInput
        label={words.baseUrl}
        description={words.baseUrlHint}
        type="url"
        value={draft.baseUrl}
        onChange={(event) => change({ baseUrl: event.currentTarget.value })}
      />
    </Stack>
  )
}

/** What was agreed with PAYJOA. */
export function TermsFields({ draft, change }: ContractFieldsProps) {
  const words = useWords(channelFormWords)
  const hasMethod = draft.allowsBilling || draft.allowsKeyInPlain || draft.allowsKeyInVerified
  return (
    <Stack gap="sm">
      <Text size="sm" fw={500}>
        {words.methods}
      </Text>
      {(['allowsBilling', 'allowsKeyInVerified', 'allowsKeyInPlain'] as const).map((method) => (
        <Checkbox
          key={method}
          label={words[method]}
          checked={draft[method]}
          onChange={(event) => change({ [method]: event.currentTarget.checked })}
        />
      ))}
      {!hasMethod && (
        <Text size="sm" c="var(--bad)" role="alert">
          {words.noMethod}
        </Text>
      )}
      <NativeSelect
        label={words.cardRoute}
        value={draft.cardRoute}
        data={(['D', 'K'] as const).map((value) => ({ value, label: words.cardRoutes[value] }))}
        onChange={(event) => change({ cardRoute: event.currentTarget.value === 'K' ? 'K' : 'D' })}
      />
      <NativeSelect
        label={words.productType}
        value={draft.productType}
        data={(['digital', 'physical'] as const).map((value) => ({
          value,
          label: words.productTypes[value],
        }))}
        onChange={(event) =>
          change({ productType: event.currentTarget.value as ChannelDraft['productType'] })
        }
      />
      <NativeSelect
        label={words.taxMode}
        value={draft.taxMode}
        data={(['taxable', 'exempt', 'per_payment'] as const).map((value) => ({
          value,
          label: words.taxModes[value],
        }))}
        onChange={(event) =>
          change({ taxMode: event.currentTarget.value as ChannelDraft['taxMode'] })
        }
      />
      <Checkbox
        label={words.makeDefault}
        checked={draft.makeDefault}
        onChange={(event) => change({ makeDefault: event.currentTarget.checked })}
      />
    </Stack>
  )
}
