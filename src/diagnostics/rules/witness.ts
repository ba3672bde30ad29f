/**
 * Samples of the CPU do not show what waits, what grows or what is thrown away. When a rule about those fires, the process is watched for some
 * seconds more, in the way that shows it. Where somebody's capture has the heap sampler just then, or the process does not answer, that is said
 * instead: a capture that was asked for is not disturbed.
 */

import type { Profile } from 'pprof-format'
import type { TarFile } from '../flight/tar.ts'
import { stacksOf } from '../formats/stacks.ts'
import type { HeapProfile } from '../heap/heap-sampler.ts'
import { limits } from '../limits.ts'
import { mergeProfiles } from '../profiles/merge.ts'
import { refusalOf } from '../refusal.ts'
import type { ServerSide } from '../server/side.ts'
import type { WaitSum } from '../waits.ts'
import { callerOf, culpritOf, highest, named, share } from './culprit.ts'
import { profileFile } from './evidence.ts'
import type { Rule } from './rule.ts'

const MIB = 1024 * 1024
const SECONDS = limits.rules.watchSeconds
/** From here on garbage is what the CPU was for. */
const GARBAGE_SHARE = 0.25

export interface Witness {
  /** Sentences that belong behind the verdict; none where nothing more was seen. */
  sentence: string
  /** What they were read from. */
  files: TarFile[]
}

export async function witnessOf(
  server: ServerSide,
  { rule, worker, garbageShare }: { rule: Rule; worker: number; garbageShare: number },
): Promise<Witness> {
  /** @throws Refusal of the process */
  const look = async <V>(name: string, seconds: number, params: object): Promise<V> => {
    const options = { timeoutMs: seconds * 1000 + limits.captureGraceMs }
    const answer = await server.ask(worker, `capture:${name}`, params, options)
    return (answer as { value: V }).value
  }
  const file = (capture: string, name: string, value: unknown, params = {}) =>
    profileFile(server, capture, name, { worker, value }, params)

  async function heap(): Promise<Witness> {
    const seen = await look<{ before: HeapProfile; after: HeapProfile }>('heap', SECONDS, {
      seconds: SECONDS,
      gc: 1,
    })
    return {
      sentence: grown(await differenceOf(seen.before.profile, seen.after.profile)),
      files: [
        await file('heap', 'heap.pb.gz', { before: null, after: seen.after }, { seconds: 0 }),
        await file('heap', 'heap-difference.pb.gz', seen, { seconds: SECONDS }),
      ],
    }
  }

  async function allocations(): Promise<Witness> {
    const profile = await look<Encoded>('allocs', SECONDS, { seconds: SECONDS })
    const sentence = allocated(mergeProfiles([{ profile, labels: {} }]))
    return { sentence, files: [await file('allocs', 'allocs.pb.gz', profile)] }
  }

  async function waits(): Promise<Witness> {
    const seen = await look<{ sums: WaitSum[] }>('mutex', SECONDS, { seconds: SECONDS })
    return { sentence: waited(seen.sums), files: [await file('mutex', 'mutex.pb.gz', seen)] }
  }

  async function resources(): Promise<Witness> {
    const { types } = await look<{ types: Record<string, number> }>('resources', 0, {})
    return { sentence: open(types), files: [] }
  }

  switch (rule.watch ?? watchOf(rule, garbageShare)) {
    case 'heap':
      return orWhy('what stays', heap())
    case 'allocations':
      return orWhy('what is allocated', allocations())
    case 'waits':
      return orWhy('what is waited for', waits())
    case 'resources': {
      const now = await orWhy('what is open', resources())
      const { sentence, files } = await orWhy('what stays', heap())
      return { sentence: now.sentence + sentence, files }
    }
    case 'nothing':
      return { sentence: '', files: [] }
  }
}

function orWhy(what: string, looked: Promise<Witness>): Promise<Witness> {
  return looked.catch((error: unknown) => ({
    sentence: ` Nobody looked at ${what}: ${refusalOf(error).message}.`,
    files: [],
  }))
}

function watchOf({ metric }: Rule, garbageShare: number): NonNullable<Rule['watch']> {
  if (metric === 'heap_slope_mib_per_min' || metric === 'rss_ratio') return 'heap'
  if (garbageShare >= GARBAGE_SHARE) return 'allocations'
  return metric === 'route_p99_ms' ? 'waits' : 'nothing'
}

/** Profiles cross threads as bytes. */
type Encoded = HeapProfile['profile']

async function differenceOf(before: Encoded, after: Encoded): Promise<Profile> {
  const { negated } = await import('../profiles/negate.ts')
  return mergeProfiles([
    { profile: after, labels: {} },
    { profile: negated(before), labels: {} },
  ])
}

function grown(difference: Profile): string {
  const { stacks } = stacksOf(difference, 'inuse_space')
  const top = highest(
    stacks,
    ({ frames }) => named(culpritOf(frames)),
    ({ value }) => value,
  )
  if (top.value <= 0) return ` In ${SECONDS} s more nothing that was sampled stayed.`
  return ` In ${SECONDS} s more ${(top.value / MIB).toFixed(1)} MiB stayed that ${top.key} had allocated.`
}

function allocated(profile: Profile): string {
  const { stacks } = stacksOf(profile, 'alloc_space')
  const total = stacks.reduce((sum, { value }) => sum + value, 0)
  if (total === 0) return ''
  const top = highest(
    stacks,
    ({ frames }) => named(culpritOf(frames)),
    ({ value }) => value,
  )
  return ` In ${SECONDS} s more ${(total / MIB).toFixed(0)} MiB were allocated, ${share(top.value, total)} of them by ${top.key}.`
}

/** Of each pool how much was waited for it, and who waited longest, as the application's own frames say. */
function waited(sums: readonly WaitSum[]): string {
  if (sums.length === 0) return ` In ${SECONDS} s more nobody began to wait for a pool or a lock.`
  const pool = highest(
    sums,
    ({ name }) => name,
    ({ ms }) => ms,
  )
  const of = sums.filter(({ name }) => name === pool.key)
  const count = of.reduce((sum, one) => sum + one.count, 0)
  const longest = Math.max(...of.map(({ maxMs }) => maxMs))
  const who = highest(
    of,
    ({ frames }) => named(callerOf(frames.toReversed())),
    ({ ms }) => ms,
  )
  const most = who.key === '(unknown)' ? '' : `, most of it by ${who.key}`
  return ` In ${SECONDS} s more ${pool.key} was waited for ${count} times, ${longest.toFixed(0)} ms at most${most}.`
}

function open(types: Readonly<Record<string, number>>): string {
  const total = Object.values(types).reduce((sum, count) => sum + count, 0)
  const [type = 'nothing', count = 0] = Object.entries(types).toSorted((a, b) => b[1] - a[1])[0] ?? []
  return ` ${total} resources are open, ${count} of them ${type}.`
}
