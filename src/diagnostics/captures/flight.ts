import { limits } from '../limits.ts'
import { Refusal } from '../refusal.ts'
import { defineCapture } from './capture.ts'
import { integer } from './params.ts'

/** The last minutes of every process, from the memory of this thread: GET /debug/flight?seconds=120 */
export const flight = defineCapture({
  name: 'flight',
  route: '/debug/flight',
  method: 'GET',
  scope: 'profile',
  where: 'server',
  params: {
    seconds: integer(1, limits.flight.ageMaxMs / 1000, 120, 'How far back'),
  },
  shows:
    'The last minutes, also of a process that is blocked: windows of CPU samples, a line of health each second, the slowest requests.',
  cost: 'The running window of each process is ended: a stall of a few milliseconds. What went before costs nothing more.',

  check(_params, { config }) {
    if (!config.continuous) throw notRecording()
  },

  async run({ seconds }, { server, signal }) {
    const { flush } = await import('../flight/flush.ts')
    const { archiveOf, take } = await import('../flight/archive.ts')
    const missing = await flush(server, signal)
    const toMs = Date.now()
    const fromMs = toMs - seconds * 1000
    const taken = take(server.recorder.ring, fromMs, toMs)
    const about = { kind: 'flight', trigger: 'request', ...times(fromMs, toMs), missing }
    const body = await archiveOf(taken, about)
    const last = taken.windows.filter(({ endedMs }) => endedMs > toMs - limits.flight.flushMs)
    return {
      answer: {
        contentType: 'application/gzip',
        body,
        fileName: 'flight.tar.gz',
        ...(missing.length > 0
          ? { headers: { 'x-diagnostics-partial': missing.map((worker) => `worker ${worker}`).join(', ') } }
          : {}),
      },
      cost: {
        stallMs: Math.max(0, ...last.map(({ stallMs }) => stallMs)),
        cpuMs: last.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
        peakBytes: body.byteLength,
      },
    }
  },
})

function times(fromMs: number, toMs: number) {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }
}

export function notRecording(): Refusal {
  const message = 'nothing is recorded: the service did not ask for continuous profiling (continuous)'
  return new Refusal({ status: 404, code: 'not_recording', message })
}
