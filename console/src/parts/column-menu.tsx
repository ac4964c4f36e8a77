import { ActionIcon, Menu } from '@mantine/core'
import { ColumnsIcon } from '@primer/octicons-react'

import { useWords } from '../language/language.tsx'
import type { ColumnChoice } from './columns.ts'
import { tableWords } from './table-words.ts'

export function ColumnMenu<Row>({ choice }: { readonly choice: ColumnChoice<Row> }) {
  const words = useWords(tableWords)
  return (
    <Menu closeOnItemClick={false} position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="default" size={34} aria-label={words.columns}>
          <ColumnsIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
        <Menu.Label>{words.columns}</Menu.Label>
        {choice.all
          .filter(({ presence }) => presence !== 'always')
          .map((column) => (
            <Menu.CheckboxItem
              key={column.id}
              checked={choice.isVisible(column)}
              onChange={() => choice.toggle(column)}
            >
              {column.label}
            </Menu.CheckboxItem>
          ))}
        <Menu.Divider />
        <Menu.Item onClick={choice.reset}>{words.resetColumns}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
