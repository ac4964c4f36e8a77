// What may be changed of a contract at any time.

import { NativeSelect, NumberInput, Stack, Textarea, TextInput } from '@mantine/core'

import { useWords } from '../language/language.tsx'
import { SecretInput } from '../parts/secret-input.tsx'
import type { RulesDraft } from './channel-draft.ts'
import { channelFormWords } from './channel-form-words.ts'
import { readCompanies, readMonths } from './instalment-text.ts'

interface RulesFieldsProps {
  readonly draft: RulesDraft
  readonly change: (changed: Partial<RulesDraft>) => void
}

/** What may be changed of a contract at any time. */
export function RulesFields({ draft, change }: RulesFieldsProps) {
  const words = useWords(channelFormWords)
  return (
    <Stack gap="sm">
      <TextInput
        label={words.name}
        description={words.nameHint}
        maxLength={100}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <CapInput
        label={words.rateCap}
        value={draft.rateCapPerSecond}
        onChange={(rateCapPerSecond) => change({ rateCapPerSecond })}
      />
      <CapInput
        label={words.totalRateCap}
        value={draft.totalRateCapPerSecond}
        onChange={(totalRateCapPerSecond) => change({ totalRateCapPerSecond })}
      />
      <TextInput
        label={words.months}
        description={words.monthsHint}
        error={readMonths(draft.months).kind === 'malformed' && words.monthsFault}
        value={draft.months}
        onChange={(event) => change({ months: event.currentTarget.value })}
      />
      <Textarea
        label={words.companyMonths}
        description={words.companyMonthsHint}
        rows={3}
        error={readCompanies(draft.companyMonths) === null && words.companyMonthsFault}
        value={draft.companyMonths}
        onChange={(event) => change({ companyMonths: event.currentTarget.value })}
      />
      <RuleChoices draft={draft} change={change} />
    </Stack>
  )
}

function RuleChoices({ draft, change }: RulesFieldsProps) {
  const words = useWords(channelFormWords)
  return (
    <>
      <NativeSelect
        label={words.unmappable}
        value={draft.unmappable}
        data={[
          { value: 'substitute', label: words.unmappables.substitute },
          { value: 'reject', label: words.unmappables.reject },
        ]}
        onChange={(event) =>
          change({ unmappable: event.currentTarget.value === 'reject' ? 'reject' : 'substitute' })
        }
      />
      <NativeSelect
        label={words.lateApprovals}
        description={words.lateApprovalsHint}
        value={draft.lateApprovals}
        data={[
          { value: 'keep', label: words.lateApprovalChoices.keep },
          { value: 'cancel', label: words.lateApprovalChoices.cancel },
        ]}
        onChange={(event) =>
          change({ lateApprovals: event.currentTarget.value === 'cancel' ? 'cancel' : 'keep' })
        }
      />
      <SecretInput
        label={words.reportPassword}
        description={words.reportPasswordHint}
        autoComplete="off"
        value={draft.reportPassword}
        onChange={(event) => change({ reportPassword: event.currentTarget.value })}
      />
    </>
  )
}

interface CapInputProps {
  readonly label: string
  readonly value: number | null
  readonly onChange: (value: number | null) => void
}

function CapInput({ label, value, onChange }: CapInputProps) {
  const words = useWords(channelFormWords)
  return (
    <NumberInput
      label={label}
      description={words.rateCapHint}
      hideControls
      allowNegative={false}
      allowDecimal={false}
      min={1}
      max={1_000}
      value={value ?? ''}
      onChange={(next) => onChange(typeof next === 'number' ? next : null)}
    />
  )
}
