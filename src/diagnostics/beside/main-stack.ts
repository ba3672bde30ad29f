/**
 * The JavaScript stack of the main thread, seen from the thread beside it, also in the middle of a loop. V8 looks at requests of its
 * inspector at every function call and loop turn, and the request here is one native call that lists the frames. Against Debugger.pause
 * nothing is enabled, no function loses its optimised code, and no main thread can be left paused: there is no pause. An idle main thread
 * answers at once with no frames, and one in native code when it is back in JavaScript.
 */
import type { Runtime, Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'
import { limits } from '../limits.ts'
import { HEARTBEAT } from '../process/heartbeat.ts'
import { Refusal } from '../refusal.ts'

export interface StackFrame {
  name: string
  /** A path, node:…, or nothing. */
  file: string
  line: number
  column: number
}

export interface Look {
  /** When the main thread answered, in monotonic time. */
  atMs: number
  /** What the answer took of the main thread. */
  tookMs: number
  /** From the leaf to the root; none while it is idle. */
  frames: StackFrame[]
}

interface Listed {
  atMs: number
  tookMs: number
  sites: { functionName: string; scriptName: string; lineNumber: number; columnNumber: number }[]
}

/** Touches nothing of the application's, not even Error.prepareStackTrace. */
const LIST_FRAMES = `(() => {
  const from = process.hrtime.bigint()
  const sites = process.getBuiltinModule('node:util').getCallSites(${limits.stackMaxFrames}, { sourceMap: false })
  const to = process.hrtime.bigint()
  return { atMs: Number(to) / 1e6, tookMs: Number(to - from) / 1e6, sites }
})()`

export type MainStack = ReturnType<typeof makeMainStack>

export function makeMainStack() {
  let session: Promise<Session> | null = null
  let looking: Promise<Look> | null = null

  async function connect(): Promise<Session> {
    const { Session } = await import('node:inspector')
    const made = new Session()
    made.connectToMainThread()
    return made
  }

  async function ask(): Promise<Look> {
    session ??= connect()
    const connected = await session
    const params = { expression: LIST_FRAMES, returnByValue: true, silent: true }
    return new Promise((resolve, reject) => {
      connected.post('Runtime.evaluate', params, (error, given) => {
        const reply = given as Runtime.EvaluateReturnType | undefined
        const listed = reply?.result?.value as Listed | undefined
        if (listed?.sites) resolve(lookOf(listed))
        else reject(noStack(error?.message ?? reply?.exceptionDetails?.exception?.description))
      })
    })
  }

  return {
    /** One question at a time: who asks meanwhile gets the same answer. @throws Refusal no_stack */
    look(): Promise<Look> {
      looking ??= ask().finally(() => {
        looking = null
      })
      return looking
    },
    /** Before it is needed: a session is made in a moment when nothing is wrong yet. */
    open(): void {
      session ??= connect()
      session.catch(() => {})
    },
    close(): void {
      void session?.then((made) => made.disconnect()).catch(() => {})
      session = null
    },
  }
}

function lookOf({ atMs, tookMs, sites }: Listed): Look {
  // The first two are the question itself.
  const frames = sites.slice(2).map(({ functionName, scriptName, lineNumber, columnNumber }) => ({
    name: functionName || '(anonymous)',
    file: scriptName.startsWith('file://') ? fileURLToPath(scriptName) : scriptName,
    line: lineNumber,
    column: columnNumber,
  }))
  return { atMs, tookMs, frames: frames.some(({ name }) => name === HEARTBEAT) ? [] : frames }
}

function noStack(why = 'the main thread gave no frames'): Refusal {
  return new Refusal({ status: 503, code: 'no_stack', message: why })
}

/** The first frame that is the application's own, or else the leaf. */
export function lastFrameOf(frames: readonly StackFrame[]): StackFrame | null {
  return frames.find(({ file }) => file !== '' && !file.startsWith('node:')) ?? frames[0] ?? null
}

export function frameText({ name, file, line, column }: StackFrame): string {
  return file === '' ? name : `${name} (${file}:${line}:${column})`
}
