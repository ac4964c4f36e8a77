// docs/config.md, from the list of settings that src/config.ts reads by.

import { settings } from '../src/config.ts'
import { writeDocument } from './generated-document.ts'
import { generatedBy, table } from './markdown.ts'

const kindNames: Record<(typeof settings)[number]['kind'], string> = {
  text: 'text',
  secret: 'secret',
  port: 'port',
  milliseconds: 'milliseconds',
  count: 'number',
  list: 'list, comma separated',
  choice: 'one of a list',
}

function renderConfigReference(): string {
  const rows = settings.map((setting) => [
    `\`${setting.name}\``,
    setting.fallback === null || setting.fallback === '' ? '' : `\`${setting.fallback}\``,
    'choices' in setting
      ? setting.choices.map((choice) => `\`${choice}\``).join(' ')
      : kindNames[setting.kind],
    setting.meaning,
  ])
  return `${generatedBy('generate-config-reference.ts')}

# Settings

Settings are environment variables. An empty one counts as not set. \`src/config.ts\` is their only reader; it checks
all of them at the start of every command and reports all faults in one line. A value of kind *secret* is shown in no
message and no log.

${table(['setting', 'default', 'kind', 'meaning'], rows)}

Of \`BILLKEY_MASTER_KEY\`, \`BILLKEY_MASTER_KEY_FILE\` and \`BILLKEY_MASTER_KEY_COMMAND\` exactly one is set. Outside the
sandbox a missing key stops the start, and so does one that a person could guess or that has stood in a document.

The tests know one setting more: \`BILLKEY_TEST_DATABASE_URL\` names a PostgreSQL whose role may create databases, to
use instead of the embedded one.
`
}

await writeDocument('docs/config.md', renderConfigReference())
