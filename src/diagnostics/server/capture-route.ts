/** The route of a capture: bounds, exclusion, cancellation, partial answers, cost headers, metrics and audit, for all of them alike. */
import type { Answer, Capture } from '../captures/capture.ts'
import { type IntegerParam, optionalInteger, type ParamSpecs, parseParams } from '../captures/params.ts'
import { limits } from '../limits.ts'
import type { Cost } from '../link/protocol.ts'
import { Refusal, refusalOf } from '../refusal.ts'
import { withoutSecrets } from '../without-secrets.ts'
import { acceptsGzip } from './accepts-gzip.ts'
import { costHeaders, sumOfCosts } from './bill.ts'
import { makeExclusion } from './exclusion.ts'
import type { Reply, Request, Route } from './route.ts'

const workerParam: IntegerParam = optionalInteger(0, 1_000_000, 'Only this worker')

interface Done {
  answer: Answer
  cost: Cost
  /** Workers that gave nothing. */
  missing: number[]
}

/** What a capture can be asked, with `worker` where it runs in processes. */
export function paramsOf({ params, where }: Capture): ParamSpecs {
  return where === 'server' ? params : { ...params, worker: workerParam }
}

/** A request for a capture that nothing speaks against, as far as it is known without capturing. */
interface Checked {
  params: unknown
  worker: number | undefined
  /** How long it watches. */
  forMs: number
}

export function makeCaptureRoutes(captures: readonly Capture[]): Route[] {
  const exclusion = makeExclusion()
  return captures.map((capture) => ({
    path: capture.route,
    methods: { [capture.method]: capture.scope },
    answer: (request) => (request.headOnly ? head(capture, request) : answer(capture, request)),
  }))

  /** Refused as GET would be; what the answer would be nobody knows before it is captured, so nothing is said of it. */
  function head(capture: Capture, request: Request): Reply {
    const { forMs } = checked(capture, request)
    exclusion.enter(keyOf(capture), forMs)()
    return {}
  }

  async function answer(capture: Capture, request: Request): Promise<Reply> {
    const { name } = capture
    const beganMs = performance.now()
    const seconds = () => (performance.now() - beganMs) / 1000
    // Until it is known to be good: what was asked, which may be anything.
    let params = withoutSecrets(Object.fromEntries(request.query))
    let release = () => {}
    try {
      const good = checked(capture, request)
      params = good.params
      release = exclusion.enter(keyOf(capture), good.forMs)
      const done = await run(capture, good, request)
      const outcome = done.missing.length > 0 ? 'partial' : 'done'
      request.server.series.capture(name, outcome, seconds())
      audit(request, name, params, outcome, seconds(), bytesOf(done.answer))
      return withCost(done, seconds())
    } catch (error) {
      const outcome = request.signal.aborted ? 'cancelled' : error instanceof Refusal ? 'refused' : 'failed'
      request.server.series.capture(name, outcome, seconds())
      audit(request, name, params, outcome, seconds(), 0, error)
      throw error
    } finally {
      release()
    }
  }
}

function keyOf({ name, exclusive = name }: Capture): string {
  return exclusive
}

/** @throws Refusal */
function checked(capture: Capture, { query, server }: Request): Checked {
  const { worker, ...params } = parseParams(paramsOf(capture), query)
  capture.check?.(params as never, server)
  const members = server.members()
  if (capture.where !== 'server' && worker !== undefined && !members.includes(worker as number)) {
    const message = `there are workers ${members.join(', ')}`
    throw new Refusal({ status: 404, code: 'unknown_worker', message })
  }
  const forMs = capture.durationMs?.(params as never) ?? 0
  return { params, worker: worker as number | undefined, forMs }
}

async function run(
  capture: Capture,
  { params, worker, forMs }: Checked,
  { server, signal, headers }: Request,
): Promise<Done> {
  if (capture.where === 'server') {
    const all = { ...(params as object), worker }
    const context = { server, signal, acceptsGzip: acceptsGzip(headers) }
    return { ...(await capture.run(all as never, context)), missing: [] }
  }
  const members = server.members()
  const of = worker !== undefined ? [worker] : capture.where === 'one' ? members.slice(0, 1) : members
  const options = { timeoutMs: forMs + limits.captureGraceMs, signal }
  const { parts, missing } = await server.askEvery(
    `${capture.where === 'beside' ? 'beside' : 'capture'}:${capture.name}`,
    params,
    options,
    of,
  )
  const given = parts as { worker: number; value: { value: unknown; cost: Cost } }[]
  const values = given.map((part) => ({ worker: part.worker, value: part.value.value }))
  const answer = await capture.finish(values, params as never, server)
  const cost = sumOfCosts(given.map(({ value }) => value.cost))
  return { answer, cost, missing: missing.map((one) => one.worker) }
}

function withCost({ answer, cost, missing }: Done, seconds: number): Reply {
  return {
    ...answer,
    headers: {
      ...answer.headers,
      ...costHeaders(cost, seconds),
      ...(missing.length > 0
        ? { 'x-diagnostics-partial': missing.map((worker) => `worker ${worker}`).join(', ') }
        : {}),
    },
  }
}

/** Null for a stream: how much it is shows when it has been sent. */
function bytesOf({ body }: Answer): number | null {
  if (typeof body === 'string') return Buffer.byteLength(body)
  return body instanceof Uint8Array ? body.byteLength : null
}

function audit(
  { server, scope, remoteAddress }: Request,
  capture: string,
  params: unknown,
  outcome: string,
  seconds: number,
  bytes: number | null,
  error?: unknown,
): void {
  const why = error === undefined ? {} : { why: refusalOf(error).message }
  const fields = {
    capture,
    params,
    scope,
    remoteAddress,
    outcome,
    seconds: Number(seconds.toFixed(3)),
    bytes,
    ...why,
  }
  server.log(outcome === 'failed' ? 'warn' : 'info', fields, 'diagnostics capture')
}
