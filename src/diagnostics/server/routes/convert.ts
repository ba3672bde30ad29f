import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Profile } from 'pprof-format'
import type { Answer } from '../../captures/capture.ts'
import { choice, parseParams } from '../../captures/params.ts'
import { limits } from '../../limits.ts'
import { Refusal } from '../../refusal.ts'
import type { Route } from '../route.ts'
import { makeTurns } from '../turns.ts'

const params = {
  format: choice(
    ['viewer', 'speedscope', 'cpuprofile', 'heapprofile', 'folded', 'html', 'pprof'],
    'viewer',
    'What to make of the profile',
  ),
}

/** A pprof profile that was captured before, in another form: one capture can be looked at in every way. Only this thread works for it. */
export function convertRoute(): Route {
  const turns = makeTurns('conversion_running', limits.conversionsMax)
  return {
    path: '/debug/pprof/convert',
    methods: { POST: 'profile' },
    answer({ query, bytes, signal }) {
      const rest = new URLSearchParams(query)
      rest.delete('type')
      const { format } = parseParams(params, rest)
      return turns.take(
        () => bytes(limits.convertMaxBytes),
        async (body) => {
          signal.throwIfAborted()
          return converted(await decoded(body), format, query.get('type'))
        },
      )
    },
  }
}

async function converted(
  profile: Profile,
  format: (typeof params)['format']['default'],
  askedType: string | null,
): Promise<Answer> {
  const { typesOf } = await import('../../formats/stacks.ts')
  // As go tool pprof has it: the last one unless another is asked for.
  const type = askedType ?? typesOf(profile).at(-1) ?? ''
  const { formatProfile } = await import('../../formats/format.ts')
  return formatProfile(profile, format, type, 'profile')
}

/** @throws Refusal bad_profile (400), profile_too_large (413) */
async function decoded(body: Uint8Array): Promise<Profile> {
  const { Profile } = await import('pprof-format')
  const { decodedBytes } = await import('../../formats/decoded-bytes.ts')
  const maxBytes = limits.convertMaxDecodedBytes
  try {
    const plain = await unpacked(body)
    // A bomb takes the thread with it, so it is not decoded to see what it is.
    if (decodedBytes(plain, maxBytes) > maxBytes) throw tooLarge(`${maxBytes} bytes decoded`)
    const profile = Profile.decode(plain)
    if (profile.sampleType.length > 0) return profile
  } catch (error) {
    if (error instanceof Refusal) throw error
  }
  throw new Refusal({ status: 400, code: 'bad_profile', message: 'the body is no pprof profile' })
}

/** @throws Refusal profile_too_large (413); Error */
async function unpacked(body: Uint8Array): Promise<Uint8Array> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body
  const maxOutputLength = limits.convertMaxUnpackedBytes
  try {
    return await promisify(gunzip)(body, { maxOutputLength })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error
    throw tooLarge(`${maxOutputLength} bytes unpacked`)
  }
}

function tooLarge(most: string): Refusal {
  return new Refusal({ status: 413, code: 'profile_too_large', message: `${most} at most` })
}
