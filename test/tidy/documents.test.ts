// Documents are read by people who believe them, so what a machine can check of them is checked: links, file names,
// commands, settings, endpoints, and that generated ones are what their generators write.

import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path/posix'
import { test } from 'node:test'

import { secretNames } from '../../src/config.ts'
import { settings } from '../../src/settings.ts'
import { secretVariants } from '../../src/secret-settings.ts'
import { expectNone } from './fault-list.ts'
import { exists, files, read, root } from './repository-files.ts'

const documents = files.filter((path) => path.endsWith('.md'))
const handWritten = documents.filter((path) => !read(path).startsWith('<!-- Written by tools/'))

/** Text outside of fenced code. */
function prose(path: string): string {
  return read(path).replaceAll(/^```[^]*?^```/gm, '')
}

test('every link of a document leads somewhere', () => {
  const faults = documents.flatMap((path) =>
    [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target as string)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !leadsSomewhere(path, target))
      .map((target) => `${path}: ${target}`),
  )
  expectNone(faults, 'Mend the link, or write what it leads to.')
})

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? from : join(dirname(from), file)
  if (!exists(path)) return false
  return anchor === undefined || anchorsOf(path).includes(anchor)
}

/** As GitHub makes them of headings. */
function anchorsOf(path: string): string[] {
  return [...prose(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  )
}

test('every file a document names exists', () => {
  const faults = handWritten.flatMap((path) =>
    [...prose(path).matchAll(/`((?:[\w-]+\/)*[\w.-]+\.(?:ts|sql|md|js)|(?:[\w-]+\/)+)`/g)]
      .map(([, name]) => name as string)
      .filter((name) => !isKnown(path, name))
      .map((name) => `${path}: ${name}`),
  )
  expectNone(faults, 'Name it from the root, from src/, or as it is called.')
})

function isKnown(from: string, name: string): boolean {
  const places = ['', 'src/', `${dirname(from)}/`]
  return (
    places.some((place) => exists(place + name)) || files.some((path) => path.endsWith(`/${name}`))
  )
}

test('generated documents are what their generators write', () => {
  const generators = files.filter((path) => /^tools\/generate-.*\.ts$/.test(path))
  const faults = generators.flatMap((path) => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, path), '--check'], {
      cwd: root,
      encoding: 'utf8',
    })
    return status === 0 ? [] : [`${path}: ${stderr.trim()}`]
  })
  expectNone(
    faults,
    'Run npm exec -- node tools/regenerate.ts, after mending what it complains of.',
  )
})

test('every direct dependency has its reason in decision 0001', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const names = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.keys(manifest[kind] ?? {}),
  )
  const reasons = read('docs/decisions/0001-dependencies.md')
  const stated = [...reasons.matchAll(/`(@?[\w-]+(?:\/[\w-]+)?)`/g)].map(
    ([, name]) => name as string,
  )
  const tables = reasons.split('\n').filter((line) => line.startsWith('| `'))
  const stale = stated
    .filter((name) => tables.some((line) => line.split('|')[1]?.includes(`\`${name}\``)))
    .filter((name) => !names.includes(name))
  expectNone(
    [
      ...names.filter((name) => !stated.includes(name)).map((name) => `${name}: no reason`),
      ...stale.map((name) => `${name}: no dependency any more`),
    ],
    'Each is somebody else’s code next to money.',
  )
})

test('decisions have a number of their own, a title, and stand in the list', () => {
  const decisions = files.filter((path) => /^docs\/decisions\/\d/.test(path))
  const list = read('docs/decisions/README.md')
  const numbers = decisions.map((path) => path.slice('docs/decisions/'.length).split('-')[0] ?? '')
  const faults = decisions.flatMap((path, index) => [
    numbers.indexOf(numbers[index] ?? '') === index ? '' : `${path}: the number is taken`,
    read(path).startsWith(`# ${numbers[index]}`) ? '' : `${path}: begins with its number`,
    list.includes(path.slice('docs/decisions/'.length)) ? '' : `${path}: not in README.md there`,
    /would change (?:our|my) mind/i.test(read(path)) ? '' : `${path}: what would change our mind?`,
  ])
  expectNone(
    faults.filter((fault) => fault !== ''),
    'See docs/decisions/README.md.',
  )
})

test('settings that documents name are settings', () => {
  const known = new Set<string>([
    ...settings.map(({ name }) => name),
    ...secretNames.flatMap(secretVariants),
    'BILLKEY_TEST_DATABASE_URL',
  ])
  const faults = documents.flatMap((path) =>
    [...read(path).matchAll(/\bBILLKEY_[A-Z_]+\b/g)]
      .map(([name]) => name)
      .filter((name) => !known.has(name))
      .map((name) => `${path}: ${name}`),
  )
  expectNone(faults, 'It was renamed, or never was.')
})

test('scripts that documents run are scripts of package.json', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const faults = documents.flatMap((path) =>
    [...read(path).matchAll(/\bnpm run (?:--silent )?([\w:]+)/g)]
      .map(([, name]) => name as string)
      .filter((name) => !(name in scripts))
      .map((name) => `${path}: npm run ${name}`),
  )
  expectNone(faults, 'It was renamed, or never was.')
})

test('both READMEs list every command, and documents run no other', () => {
  const { stdout } = spawnSync(process.execPath, [join(root, 'bin/billkey.js'), '--help'], {
    encoding: 'utf8',
  })
  const commands = [...stdout.matchAll(/^ {2}([a-z][\w-]*) {2,}/gm)].map(
    ([, name]) => name as string,
  )
  const missing = ['README.md', 'README.ko.md'].flatMap((path) =>
    commands
      .filter((name) => !read(path).includes(`| \`billkey ${name}\` |`))
      .map((name) => `${path} lacks billkey ${name}`),
  )
  const unknown = documents.flatMap((path) =>
    [...read(path).matchAll(/(?:`billkey|^ *billkey|bin\/billkey\.js) ([a-z][\w-]*)/gm)]
      .map(([, name]) => name as string)
      .filter((name) => !commands.includes(name))
      .map((name) => `${path} runs billkey ${name}`),
  )
  expectNone([...missing, ...unknown], 'billkey --help has the list.')
})

// A route is declared as `method: 'GET', url: '/payments'` (src/http/v1-routes.ts); the code tables name theirs.
function routesOfTheCode(): Set<string> {
  const sources = files.filter((path) => /^src\/.*\.routes\.ts$/.test(path)).map(read)
  const declared = sources.flatMap((source) =>
    [...source.matchAll(/method: '(\w+)',\s*url: '([^']+)'/g)].map(
      ([, method, url]) => `${method} ${url}`,
    ),
  )
  const tables = sources.flatMap((source) =>
    [...source.matchAll(/tableRoutes\('([^']+)', '(\w+)'/g)].flatMap(([, url, parameter]) => [
      `GET ${url}`,
      `GET ${url}/:${parameter}`,
    ]),
  )
  return new Set([...declared, ...tables].map((route) => route.replaceAll('?', '')))
}

function endpointsCalled(state: 'there' | 'ours'): string[] {
  const row = new RegExp(`^\\| (GET|POST|PUT|DELETE) (\\S+) \\| ${state} \\|`, 'gm')
  return [...read('docs/compatibility.md').matchAll(row)].map(
    ([, method, path]) => `${method} ${path?.replaceAll(/\{(\w+)\}/g, ':$1')}`,
  )
}

test('docs/compatibility.md calls exactly those endpoints there that are', () => {
  const there = endpointsCalled('there')
  const listed = new Set([...there, ...endpointsCalled('ours')])
  const present = routesOfTheCode()
  expectNone(
    [
      ...[...present].filter((route) => !listed.has(route)).map((route) => `${route} is there`),
      ...there.filter((route) => !present.has(route)).map((route) => `${route} is not there`),
    ],
    'Mend the table of endpoints; what is not of V1 is called ours.',
  )
})
