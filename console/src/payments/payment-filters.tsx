// The filters of the list of payments. They live in the address, so that a filtered list can be kept and sent on.

import { Button, NativeSelect, Pill, Popover, Stack } from '@mantine/core'
import { FilterIcon } from '@primer/octicons-react'

import { useWords } from '../language/language.tsx'
import classes from '../parts/filter-bar.module.css'
import { PeriodFilter } from '../parts/period-filter.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { present } from '../parts/search-params.ts'
import { tableWords } from '../parts/table-words.ts'
import { WonInput } from '../parts/won-input.tsx'
import { methods, modes, type PaymentSearch, stateFilters } from './payment-search.ts'
import { paymentWords } from './payment-words.ts'

interface PaymentFiltersProps {
  readonly search: PaymentSearch
  readonly showsMode: boolean
  readonly onChange: (search: PaymentSearch) => void
}

export function PaymentFilters({ search, showsMode, onChange }: PaymentFiltersProps) {
  const words = useWords(paymentWords)
  const common = useWords(tableWords)
  const change = (changed: { readonly [Name in keyof PaymentSearch]: unknown }) =>
    onChange(present({ ...search, ...changed } as PaymentSearch))
  const isFiltered = Object.keys(search).length > 0
  return (
    <search className={classes['bar']} aria-label={common.filters}>
      <SearchBox value={search.q ?? ''} hint={words.searchHint} onChange={(q) => change({ q })} />
      <NativeSelect
        aria-label={words.state}
        value={search.state ?? ''}
        onChange={(event) => change({ state: event.currentTarget.value })}
        data={[
          { value: '', label: `${words.state}: ${common.all}` },
          ...stateFilters.map((value) => ({ value, label: words.states[value] })),
        ]}
      />
      <PeriodFilter {...search} onChange={({ from, to }) => change({ from, to })} />
      <MoreFilters {...{ search, showsMode, change }} />
      <ChosenElsewhere {...{ search, change }} />
      {isFiltered && (
        <Button variant="subtle" color="gray" c="dimmed" px="xs" onClick={() => onChange({})}>
          {common.clearFilters}
        </Button>
      )}
    </search>
  )
}

interface PartProps {
  readonly search: PaymentSearch
  readonly change: (changed: { readonly [Name in keyof PaymentSearch]: unknown }) => void
}

function MoreFilters({ search, showsMode, change }: PartProps & { readonly showsMode: boolean }) {
  const words = useWords(paymentWords)
  const common = useWords(tableWords)
  const { method, mode, amountMin, amountMax } = search
  const count = [method, mode, amountMin, amountMax].filter((value) => value !== undefined).length
  return (
    <Popover width={280} position="bottom-start" trapFocus shadow="md">
      <Popover.Target>
        <Button variant="default" leftSection={<FilterIcon />}>
          {common.moreFilters}
          {count > 0 && ` (${count})`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <NativeSelect
            label={words.method}
            value={method ?? ''}
            onChange={(event) => change({ method: event.currentTarget.value })}
            data={[
              { value: '', label: common.all },
              ...methods.map((value) => ({ value, label: words.methods[value] })),
            ]}
          />
          {showsMode && (
            <NativeSelect
              label={words.mode}
              value={mode ?? ''}
              onChange={(event) => change({ mode: event.currentTarget.value })}
              data={[
                { value: '', label: common.all },
                ...modes.map((value) => ({ value, label: words.modes[value] })),
              ]}
            />
          )}
          <WonInput
            label={common.amountFrom}
            value={amountMin ?? null}
            onChange={(value) => change({ amountMin: value ?? undefined })}
          />
          <WonInput
            label={common.amountTo}
            value={amountMax ?? null}
            onChange={(value) => change({ amountMax: value ?? undefined })}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

/** What another page chose by its link: one sees it and can take it off. */
function ChosenElsewhere({ search: { customerUid, channelKey }, change }: PartProps) {
  const words = useWords(paymentWords)
  const chosen = [
    { name: 'customerUid', label: customerUid && words.customerFilter(customerUid) },
    { name: 'channelKey', label: channelKey && words.channelFilter(channelKey) },
  ]
  return chosen.map(({ name, label }) =>
    label === undefined || label === '' ? null : (
      <Pill
        key={name}
        size="md"
        withRemoveButton
        removeButtonProps={{ 'aria-label': words.removeFilter(label), tabIndex: 0 }}
        onRemove={() => change({ [name]: undefined })}
      >
        {label}
      </Pill>
    ),
  )
}
