// Adding an operator and changing one; a password that comes of it is shown once.

import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { useWords } from '../language/language.tsx'
import { dialogWords } from '../parts/dialog-words.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { SecretOnce } from '../parts/secret-once.tsx'
import { toast } from '../parts/toast.ts'
import {
  type Operator,
  type OperatorChange,
  operatorsQuery,
  type Role,
  roles,
  useOperatorChange,
} from './operator-queries.ts'
import { operatorWords } from './operator-words.ts'

export function AddOperatorForm({ close }: { readonly close: () => void }) {
  const words = useWords(operatorWords)
  const common = useWords(dialogWords)
  const queryClient = useQueryClient()
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const addition = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/operators', { body: { email: email.trim(), name: name.trim(), role } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: operatorsQuery.queryKey }),
  })
  if (addition.data !== undefined) {
    const { operator, password } = addition.data
    const secrets = [
      { label: words.email, value: operator.email },
      { label: words.password, value: password ?? '' },
    ]
    return (
      <Stack gap="sm">
        <SecretOnce hint={words.added} secrets={secrets} />
        <Button onClick={close}>{common.close}</Button>
      </Stack>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    addition.mutate()
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput
          label={words.email}
          type="email"
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <TextInput
          label={words.name}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <RoleSelect label={words.role} role={role} onChange={setRole} />
        <FailureNotice error={addition.error} />
        <Button
          type="submit"
          loading={addition.isPending}
          disabled={email.trim() === '' || name.trim() === ''}
        >
          {words.add}
        </Button>
      </Stack>
    </form>
  )
}

export function ChangeOperatorForm({ operator }: { readonly operator: Operator }) {
  const words = useWords(operatorWords)
  const change = useOperatorChange(operator.operatorId)
  // Not at once: whoever goes through the choices by keyboard passes all of them.
  const [role, setRole] = useState(operator.role)
  const isDisabled = operator.disabledAt !== null
  const apply = (wanted: OperatorChange) =>
    change.mutate(wanted, { onSuccess: () => toast(words.changed) })
  const password = change.data?.password ?? null
  return (
    <Stack gap="sm">
      <Text size="sm">{words.endsSessions}</Text>
      <FailureNotice error={change.error} />
      {password !== null && <SecretOnce secrets={[{ label: words.password, value: password }]} />}
      <RoleSelect label={words.roleOf(operator.name)} role={role} onChange={setRole} />
      <Group gap="xs">
        <Button
          loading={change.isPending}
          disabled={role === operator.role}
          onClick={() => apply({ role })}
        >
          {words.changeRole}
        </Button>
        <Button
          variant="default"
          loading={change.isPending}
          onClick={() => apply({ resetPassword: true })}
        >
          {words.resetPassword}
        </Button>
        {operator.hasTotp && (
          <Button variant="default" onClick={() => apply({ resetTotp: true })}>
            {words.resetTotp}
          </Button>
        )}
        <Button
          variant="default"
          {...(!isDisabled && { c: 'var(--bad)' })}
          onClick={() => apply({ isDisabled: !isDisabled })}
        >
          {isDisabled ? words.enable : words.disable}
        </Button>
      </Group>
    </Stack>
  )
}

interface RoleSelectProps {
  readonly label: string
  readonly role: Role
  readonly onChange: (role: Role) => void
}

function RoleSelect({ label, role, onChange }: RoleSelectProps) {
  const words = useWords(operatorWords)
  return (
    <NativeSelect
      label={label}
      value={role}
      data={roles.map((value) => ({ value, label: words.roleHints[value] }))}
      onChange={(event) => onChange(event.currentTarget.value as Role)}
    />
  )
}
