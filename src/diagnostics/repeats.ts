/**
 * Statements that one request sends again and again: one for each item where one for all would do. Counted within a request, so that what
 * many requests send at a time, and what goes on behind them, is not taken for it. The first statement of a request costs a comparison.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { getCallSites } from 'node:util'
import { limits } from './limits.ts'
import { callerOf, named } from './rules/culprit.ts'

type Frames = readonly { name: string; file: string; line: number }[]

interface Request {
  name: string
  startedMs: number
  sent: number
  first: string
  /** From the second statement on. */
  counts: Map<string, number> | null
  /** Who asked when it had already asked often; null where it did not have to ask. */
  frames: Frames | null
}

interface Repeat {
  atMs: number
  count: number
  text: string
  request: string
  frames: Frames
}

const requests = new AsyncLocalStorage<Request | null>()
/** The most of each of the last seconds. */
const worst: Repeat[] = []
let framesAtMs = Number.NEGATIVE_INFINITY

/** Runs a request whose statements are counted. What it begins and does not end itself is counted for some seconds only. */
export function countStatements<R>(name: string, work: () => R): R {
  const request = { name, startedMs: performance.now(), sent: 0, first: '', counts: null, frames: null }
  return requests.run(request, work)
}

/**
 * The request in hand is about to wait for what carries its statements: a connection of a pool. Where the statement itself is sent, nobody
 * can be seen any more who wanted it.
 */
export function asking(): void {
  const request = requests.getStore()
  if (request && request.sent === limits.repeats.notedFrom - 1) request.frames = framesHere()
}

/** The request in hand sends a statement, or a command. @param text without its values: equal texts are repeats */
export function statement(text: string): void {
  const request = requests.getStore()
  if (!request) return
  const nowMs = performance.now()
  if (nowMs - request.startedMs > limits.repeats.requestMs) return
  if (request.sent++ === 0) {
    request.first = text
    return
  }
  request.counts ??= new Map([[request.first, 1]])
  const { counts } = request
  if (!counts.has(text) && counts.size >= limits.repeats.textsMax) return
  const count = (counts.get(text) ?? 0) + 1
  counts.set(text, count)
  if (count < limits.repeats.notedFrom) return
  // Of a transaction's statements who sends them is seen here.
  request.frames ??= framesHere()
  note({ atMs: nowMs, count, text, request: request.name, frames: request.frames })
}

/** Keeps the worst of a second. Who asked may be known of another request of the same kind. */
function note(repeat: Repeat): void {
  const last = worst.at(-1)
  const known = last && last.text === repeat.text && repeat.frames.length === 0 ? last.frames : repeat.frames
  if (!last || repeat.atMs - last.atMs >= 1000) {
    worst.push({ ...repeat, frames: known })
    if (worst.length > limits.repeats.secondsKept) worst.shift()
  } else if (repeat.count > last.count) {
    worst[worst.length - 1] = { ...repeat, atMs: last.atMs, frames: known }
  }
}

/** How often one request of the last two seconds sent the same statement; 0 below what is noted. */
export function statementRepeats(): number {
  return worstSince(2000)?.count ?? 0
}

/** The worst of the last seconds, in a sentence; empty where there was none. */
export function explainRepeats(): string {
  const repeat = worstSince(limits.repeats.secondsKept * 1000)
  if (!repeat) return ''
  const { count, text, request, frames } = repeat
  const asked = frames.length > 0 ? `, asked by ${named(callerOf(frames.toReversed()))}` : ''
  const shown = text.replaceAll(/\s+/g, ' ').trim().slice(0, limits.repeats.textCharacters)
  return `One request of ${request} sent the same statement ${count} times${asked}: ${shown}`
}

function worstSince(ms: number): Repeat | undefined {
  const sinceMs = performance.now() - ms
  return worst
    .filter(({ atMs }) => atMs >= sinceMs)
    .reduce<Repeat | undefined>((most, one) => (!most || one.count > most.count ? one : most), undefined)
}

/** Of the request alone, without the functions of this file; none where somebody was looked up a moment ago. */
function framesHere(): Frames {
  const nowMs = performance.now()
  if (nowMs - framesAtMs < limits.repeats.framesEveryMs) return []
  framesAtMs = nowMs
  const frames = getCallSites(limits.waitFramesMax, { sourceMap: false }).slice(2)
  const begun = frames.findIndex(({ functionName }) => functionName === countStatements.name)
  return frames
    .slice(0, begun === -1 ? frames.length : begun)
    .map(({ functionName, scriptName, lineNumber }) => ({
      name: functionName || '(anonymous)',
      file: scriptName.replace(/^file:\/\//, ''),
      line: lineNumber,
    }))
}
