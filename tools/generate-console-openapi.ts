// console/openapi.json, from the calls of the console's API. The console's client is typed by it.

import packageJson from '../package.json' with { type: 'json' }
import { describeConsoleApi } from '../src/console/console-api.ts'
import { writeDocument } from './generated-document.ts'

await writeDocument(
  'console/openapi.json',
  `${JSON.stringify(describeConsoleApi(packageJson.version), null, 2)}\n`,
)
