// Who may sign in, and as what. A password that the server makes is shown once, in the dialog that asked for it.

import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { useIsAtLeast, useSession } from '../api/session.ts'
import { frameWords } from '../app/frame-words.ts'
import { useWords } from '../language/language.tsx'
import { dialogWords } from '../parts/dialog-words.ts'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Instant } from '../parts/instant.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { Page } from '../parts/page.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { AddOperatorForm, ChangeOperatorForm } from './operator-forms.tsx'
import { type Operator, operatorsQuery } from './operator-queries.ts'
import { operatorWords } from './operator-words.ts'

export function OperatorsPage() {
  const words = useWords(operatorWords)
  const mayAct = useIsAtLeast('owner')
  const operators = useQuery(operatorsQuery)
  const [isAdding, adding] = useDisclosure(false)
  const [changedId, setChangedId] = useState<string | null>(null)
  const items = operators.data?.items ?? []
  const changed = items.find(({ operatorId }) => operatorId === changedId)
  return (
    <Page
      title={words.title}
      hint={words.hint}
      actions={
        <NeedsRole least="owner">
          <Button disabled={!mayAct} onClick={adding.open}>
            {words.add}
          </Button>
        </NeedsRole>
      }
    >
      <FailureNotice error={operators.error} retry={() => void operators.refetch()} />
      <OperatorTable items={items} change={setChangedId} />
      <Dialog title={words.add} isOpen={isAdding} close={adding.close}>
        {() => <AddOperatorForm close={adding.close} />}
      </Dialog>
      <Dialog
        title={words.changeOf(changed?.name ?? '')}
        isOpen={changed !== undefined}
        close={() => setChangedId(null)}
      >
        {() => changed && <ChangeOperatorForm operator={changed} />}
      </Dialog>
    </Page>
  )
}

interface OperatorTableProps {
  readonly items: readonly Operator[]
  readonly change: (operatorId: string) => void
}

function OperatorTable({ items, change }: OperatorTableProps) {
  const words = useWords(operatorWords)
  const frame = useWords(frameWords)
  const acts = useWords(dialogWords).acts
  const mayAct = useIsAtLeast('owner')
  const own = useSession().operator.operatorId
  return (
    <ShortTable
      label={words.title}
      head={[
        words.email,
        words.name,
        words.role,
        words.state,
        words.totp,
        words.lastSignedIn,
        acts,
      ]}
      rows={items.map((one) => ({
        key: one.operatorId,
        cells: [
          one.email,
          one.name,
          frame.roles[one.role],
          <OperatorState key="state" operator={one} />,
          one.hasTotp ? words.on : words.off,
          <Instant key="at" at={one.lastSignedInAt} />,
          one.operatorId !== own && (
            <Button
              key="change"
              size="compact-sm"
              variant="default"
              disabled={!mayAct}
              aria-label={words.changeOf(one.name)}
              onClick={() => change(one.operatorId)}
            >
              {words.change}
            </Button>
          ),
        ],
      }))}
    />
  )
}

function OperatorState({ operator }: { readonly operator: Operator }) {
  const words = useWords(operatorWords)
  if (operator.disabledAt !== null) return <StateMark tone="quiet" label={words.disabled} />
  if (operator.lockedUntil !== null) return <StateMark tone="warn" label={words.locked} />
  return <StateMark tone="good" label={words.active} />
}
