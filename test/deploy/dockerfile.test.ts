import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { argumentsOf, environmentOf, isInContext, readStages, root, stepsOf } from './dockerfile.ts'

const stages = readStages()
const image = stages.at(-1)
assert.ok(image)
const { devDependencies, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test('the image has the Node that machines without one are given', () => {
  const images = stages.map(({ from }) => from).filter((from) => stages.every(({ name }) => name !== from))
  assert.deepEqual(images, [`node:${devDependencies.node}-bookworm-slim`])
})

test('the service is started with the flags of npm start', () => {
  const flags = (words: readonly string[]) => words.filter((word) => word.startsWith('--'))
  const [program, ...words] = argumentsOf(image, 'ENTRYPOINT')
  assert.equal(program, 'node')
  assert.deepEqual(flags(words), flags(scripts.start.split(' ')))
  assert.deepEqual([...words.slice(-1), ...argumentsOf(image, 'CMD')], ['dist/main.js', 'start'])
})

test('nobody is root in it, and its health is asked by Node itself', () => {
  const [user = ''] = stepsOf(image, 'USER')
  assert.match(user, /^[1-9]\d*:[1-9]\d*$/)
  assert.equal(argumentsOf(image, 'HEALTHCHECK')[0], 'node')
  assert.equal(environmentOf(image)['NODE_ENV'], 'production')
})

test("what it is made of has no packages of development: their scripts do not run, and production's are installed apart", () => {
  const packages = image.steps.find(({ text }) => text.includes('node_modules'))
  const dependencies = stages.find(({ name }) => name !== null && name === packages?.from)
  assert.ok(dependencies)
  assert.deepEqual(stepsOf(dependencies, 'RUN'), ['npm ci --omit=dev --ignore-scripts'])
  for (const run of stages.flatMap((stage) => stepsOf(stage, 'RUN'))) assert.match(run, /--ignore-scripts/)
})

test('the builder is given what is copied, and nothing else', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
  const sources = stages
    .flatMap(({ steps }) => steps)
    .filter(({ keyword, from }) => keyword === 'COPY' && from === null)
    .flatMap(({ text }) => text.split(/\s+/).slice(0, -1))
  const isCopied = (file: string) =>
    sources.some((source) => file === source || file.startsWith(`${source}/`))
  assert.deepEqual(tracked.filter(isInContext), tracked.filter(isCopied))
  const never = ['.env', '.data/stack.json', 'node_modules/pg/package.json', '.git/config', 'dist/main.js']
  assert.deepEqual(never.filter(isInContext), [])
})
