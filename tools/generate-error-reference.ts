// docs/errors.md: what tools/messages/ says of each message, held against the messages that src/ really has.

import { writeDocument } from './generated-document.ts'
import { type KoreanText, listKoreanTexts } from './korean-texts.ts'
import { generatedBy, table } from './markdown.ts'
import { fillIns, messageGroups } from './messages/all-messages.ts'
import type { Message, MessageGroup } from './messages/message.ts'

const described = new Map(
  messageGroups.flatMap(({ messages }) => messages).map((message) => [message.text, message]),
)

/** What of the code and the descriptions does not fit; empty when all does. */
function disagreements(texts: readonly KoreanText[]): string[] {
  const present = new Set(texts.map(({ text }) => text))
  return [
    ...texts
      .filter(({ text }) => !described.has(text) && !fillIns.has(text))
      .map(({ text, file }) => `${file} says '${text}', which tools/messages/ does not describe`),
    ...[...described.values()]
      // The one message that is not Korean: V1's own.
      .filter(({ text }) => !present.has(text) && text !== 'Unauthorized')
      .map(({ text }) => `tools/messages/ describes '${text}', which src/ does not say`),
    ...texts.flatMap(({ text, file, answer }) => {
      const said = described.get(text)?.answer
      if (answer === undefined || said === undefined) return []
      const isSame = said?.status === answer.status && said.code === answer.code
      return isSame
        ? []
        : [`${file} answers '${text}' with ${answer.status} (${answer.code}), not as described`]
    }),
  ]
}

function renderGroup({ title, introduction, messages }: MessageGroup): string {
  const hasAnswers = messages.some(({ answer }) => answer !== null)
  const heading = [...(hasAnswers ? ['HTTP', 'code'] : []), 'message', 'cause', 'what to do']
  const rows = messages.map((message) => [
    ...(hasAnswers ? answerCells(message) : []),
    `\`${message.text}\``,
    message.cause,
    message.action,
  ])
  return `## ${title}\n\n${introduction}\n\n${table(heading, rows)}`
}

function answerCells({ answer }: Message): string[] {
  return answer === null ? ['', ''] : [String(answer.status), String(answer.code)]
}

function renderErrorReference(): string {
  return `${generatedBy('generate-error-reference.ts')}

# Messages

Every failure is \`{"code": …, "message": "…", "response": null}\`, whatever the HTTP status. Success is HTTP 200 with code 0.
Code 1: understood, but the state forbids it. Code -1: authentication, look-up, gateway or card. Where V1's own words are
known they are used, spelling included. \`…\` stands for what is filled in.

Read three things in this order: the HTTP status, \`code\`, and for a charge \`response.status\`.

| HTTP | code | status | header | what happened |
|---|---|---|---|---|
| 200 | 0 | paid | | charged |
| 200 | 0 | failed | | PAYJOA said no; not charged. The reason is in \`fail_reason\` |
| 200 | 0 | ready | \`Billkey-Outcome: unknown\` | not known yet. Do not charge again; look the payment up |
| 200, 4xx | 1, -1 | | | not charged |
| 500, or no answer at all | | | | not known to you. Look the payment up by \`merchant_uid\` |

${messageGroups.map(renderGroup).join('\n\n')}
`
}

await writeDocument('docs/errors.md', renderErrorReference())
const faults = disagreements(listKoreanTexts())
if (faults.length > 0) {
  process.stderr.write(`${[...new Set(faults)].join('\n')}\n`)
  process.exitCode = 1
}
