// Runs before every npm script, on any Node from 18: installs the dependencies from the lockfile when they are missing
// or old, Node 24 (the npm package `node`) among them. Says and does nothing when all is current. Plain JavaScript
// without dependencies, because nothing is installed yet when it matters; all output goes to stderr, because
// `npm run token` is piped.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

const root = process.cwd()
const modules = path.join(root, 'node_modules')
const stampPath = path.join(modules, '.floodgate-bootstrap')
const nodePath = path.join(modules, '.bin', 'node')
const lockPath = path.join(root, '.tools', 'bootstrap.lock')
const wantedMajor = 24
const lockTimeoutMs = 15 * 60_000
const installTimeoutMs = 15 * 60_000

const say = (line) => process.stderr.write(`floodgate: ${line}\n`)

class Stop extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

try {
  if (!isCurrent()) await locked(install)
} catch (error) {
  say(error instanceof Stop ? error.message : error.stack)
  process.exitCode = error.exitCode ?? 1
}

async function install() {
  // Whoever had the lock before us may have done it.
  if (isCurrent()) return
  if (!hasLockedPackages()) await runNpmCi()
  if (nodeMajor() !== wantedMajor) await installNode()
  fs.writeFileSync(stampPath, stamp())
}

/** The stamp names what was installed and the node binary that was tried then: two files are read, nothing is run. */
function isCurrent() {
  return read(stampPath) === stamp() && fs.existsSync(nodePath)
}

function stamp() {
  const lockfile = read(path.join(root, 'package-lock.json'))
  if (lockfile === undefined)
    throw new Stop(`there is no package-lock.json in ${root}: run this from the project's root`)
  const hash = createHash('sha256').update(lockfile).digest('hex')
  const binary = fs.statSync(nodePath, { throwIfNoEntry: false })
  return JSON.stringify({
    hash,
    platform: `${process.platform}-${process.arch}`,
    nodeBytes: binary?.size,
    nodeMs: binary?.mtimeMs,
  })
}

/** True when npm itself says that node_modules holds what the lockfile names: somebody ran `npm install` by hand. */
function hasLockedPackages() {
  const installed = packagesOf(path.join(modules, '.package-lock.json'))
  const locked = packagesOf(path.join(root, 'package-lock.json'))
  if (!installed || !locked) return false
  return Object.entries(locked).every(([name, wanted]) => {
    const found = installed[name]
    if (name === '' || (found === undefined && wanted.optional)) return true
    return found?.version === wanted.version && fs.existsSync(path.join(root, name, 'package.json'))
  })
}

function packagesOf(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

async function runNpmCi() {
  say(
    `installing dependencies from package-lock.json (${fs.existsSync(modules) ? 'it changed' : 'first run'})`,
  )
  const code = await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund'], root, 'npm ci')
  if (code !== 0)
    throw new Stop(
      `npm ci failed (exit code ${code}); what it says is above. Run it again with: npm ci`,
      code,
    )
}

/** With ignore-scripts in somebody's npm settings, the `node` package has not fetched its binary: its own script does. */
async function installNode() {
  const dir = path.join(modules, 'node')
  const version = packagesOf(path.join(root, 'package-lock.json'))?.['node_modules/node']?.version
  if (version === undefined) throw new Stop('package-lock.json names no package "node"')
  const name = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const binaryPackage = `${name}-${platform}-${process.arch}`
  say(`fetching Node ${version} (${binaryPackage}); its install script did not run`)
  const code = await runNpm(
    ['install', '--no-save', '--no-audit', '--no-fund', `${binaryPackage}@${version}`],
    dir,
    'npm install',
  )
  const binary = path.join(dir, 'node_modules', binaryPackage, 'bin', 'node')
  if (code === 0 && fs.existsSync(binary)) {
    const target = path.join(dir, 'bin', 'node')
    fs.mkdirSync(path.dirname(target), { recursive: true })
    fs.mkdirSync(path.dirname(nodePath), { recursive: true })
    fs.rmSync(target, { force: true })
    fs.linkSync(binary, target)
    fs.rmSync(nodePath, { force: true })
    fs.symlinkSync(path.join('..', 'node', 'bin', 'node'), nodePath)
  }
  if (nodeMajor() !== wantedMajor) {
    throw new Stop(
      `node_modules/.bin/node is not Node ${wantedMajor}. Allow install scripts and run: npm ci --ignore-scripts=false`,
    )
  }
}

function nodeMajor() {
  try {
    const version = execFileSync(nodePath, ['--version'], {
      encoding: 'utf8',
      timeout: 20_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number(/^v(\d+)\./.exec(version)?.[1])
  } catch {
    return undefined
  }
}

/** Runs npm with a line every ten seconds, for where npm itself draws nothing. Resolves to its exit code. */
function runNpm(args, cwd, label) {
  const env = { ...process.env }
  // node_modules/.bin is about to be deleted: npm must not run on the node in it.
  env.PATH = (env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.endsWith(path.join('node_modules', '.bin')))
    .join(path.delimiter)
  const npmCli = process.env.npm_execpath
  const isNpm = npmCli !== undefined && path.basename(npmCli) === 'npm-cli.js' && fs.existsSync(npmCli)
  const outerNode = process.env.npm_node_execpath
  const hasOuterNode = outerNode !== undefined && fs.existsSync(outerNode) && !outerNode.startsWith(modules)
  const [command, first] = isNpm && hasOuterNode ? [outerNode, [npmCli]] : ['npm', []]
  const startedMs = Date.now()
  const timer = setInterval(() => say(`${label} … ${Math.round((Date.now() - startedMs) / 1000)} s`), 10_000)
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], {
      cwd,
      env,
      stdio: ['ignore', 2, 'inherit'],
      timeout: installTimeoutMs,
    })
    child.once('error', (error) => reject(new Stop(`npm cannot be run: ${error.message}`)))
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  }).finally(() => clearInterval(timer))
}

/** One bootstrap at a time: two `npm ci` would delete each other's files. A lock whose holder died is taken over. */
async function locked(work) {
  fs.mkdirSync(path.dirname(lockPath), { recursive: true })
  const deadline = Date.now() + lockTimeoutMs
  for (let waits = 0; !tryLock(); waits++) {
    const holder = Number(read(lockPath))
    // Empty for the moment between its creation and its writing.
    if (holder > 0 && !isAlive(holder)) {
      fs.rmSync(lockPath, { force: true })
      continue
    }
    if (Date.now() > deadline)
      throw new Stop(`another bootstrap (pid ${holder}) does not finish; if it is none, delete ${lockPath}`)
    if (waits % 50 === 10) say(`waiting for another bootstrap (pid ${holder}) to finish`)
    await sleep(200)
  }
  const unlock = () => fs.rmSync(lockPath, { force: true })
  process.once('exit', unlock)
  // npm gets a terminal's Ctrl-C as well and ends; only the lock has to be given back.
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143))
  await work()
}

function tryLock() {
  try {
    fs.writeFileSync(lockPath, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
