// The guide's commands with the merchant's values, and the cards that a sandbox knows.

import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { answerOf, api } from '../api/client.ts'
import { useWords } from '../language/language.tsx'
import { CodeBlock } from '../parts/code-block.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { cardWords } from './card-words.ts'
import { developerWords } from './developer-words.ts'

/** The commands of the guide, in its order. */
export function GuidePanel() {
  const words = useWords(developerWords)
  const guide = useQuery({ queryKey: ['guide'], queryFn: () => answerOf(api.GET('/guide')) })
  return (
    <Panel title={words.guide} hint={words.guideHint}>
      <FailureNotice error={guide.error} />
      <Stack gap="md">
        {guide.data?.steps.map(({ key, command }) => (
          <div key={key}>
            <Text size="sm" fw={500} mb={4}>
              {words.steps[key]}
            </Text>
            <CodeBlock label={words.command(words.steps[key])} text={command} />
          </div>
        ))}
      </Stack>
    </Panel>
  )
}

const tones = {
  approved: 'good',
  declined: 'bad',
  unsent: 'bad',
  unknown: 'warn',
  late: 'warn',
  varies: 'calm',
} as const

/** Only a sandbox has any. */
export function TestCards() {
  const words = useWords(developerWords)
  const effects = useWords(cardWords)
  const cards = useQuery({
    queryKey: ['test-cards'],
    queryFn: () => answerOf(api.GET('/test-cards')),
  })
  return (
    <Panel title={words.cards} hint={words.cardsHint}>
      <FailureNotice error={cards.error} />
      <ShortTable
        label={words.cards}
        head={[words.card, words.outcome, words.effect]}
        rows={(cards.data?.items ?? []).map(({ cardNumber, key, outcome, effect, resultCode }) => ({
          key: cardNumber,
          cells: [
            <span key="card" className="numeric">
              {cardNumber}
            </span>,
            <StateMark key="outcome" tone={tones[outcome]} label={words.outcomes[outcome]} />,
            `${effects[key] ?? effect}${resultCode === null ? '' : ` (${resultCode})`}`,
          ],
        }))}
      />
    </Panel>
  )
}
