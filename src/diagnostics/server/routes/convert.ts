import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { choice, parseParams } from '../../captures/params.ts'
import { limits } from '../../limits.ts'
import { Refusal } from '../../refusal.ts'
import type { Route } from '../route.ts'

const params = {
  format: choice(
    ['viewer', 'speedscope', 'cpuprofile', 'heapprofile', 'folded', 'html', 'pprof'],
    'viewer',
    'What to make of the profile',
  ),
}

/** A pprof profile that was captured before, in another form: one capture can be looked at in every way. Only this thread works for it. */
export const convert: Route = {
  path: '/debug/pprof/convert',
  methods: { POST: 'profile' },
  async answer({ query, bytes }) {
    const rest = new URLSearchParams(query)
    rest.delete('type')
    const { format } = parseParams(params, rest)
    const profile = await decoded(await bytes(limits.convertMaxBytes))
    const { typesOf } = await import('../../formats/stacks.ts')
    // As go tool pprof has it: the last one unless another is asked for.
    const type = query.get('type') ?? typesOf(profile).at(-1) ?? ''
    const { formatProfile } = await import('../../formats/format.ts')
    return formatProfile(profile, format, type, 'profile')
  },
}

/** @throws Refusal bad_profile (400), profile_too_large (413) */
async function decoded(body: Uint8Array) {
  const { Profile } = await import('pprof-format')
  try {
    const zipped = body[0] === 0x1f && body[1] === 0x8b
    const options = { maxOutputLength: limits.convertMaxUnpackedBytes }
    const profile = Profile.decode(zipped ? await promisify(gunzip)(body, options) : body)
    if (profile.sampleType.length > 0) return profile
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `${limits.convertMaxUnpackedBytes} bytes unpacked at most`
      throw new Refusal({ status: 413, code: 'profile_too_large', message })
    }
  }
  throw new Refusal({ status: 400, code: 'bad_profile', message: 'the body is no pprof profile' })
}
