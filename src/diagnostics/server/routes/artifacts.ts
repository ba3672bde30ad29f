import type { FileHandle } from 'node:fs/promises'
import type { Artifacts } from '../../artifacts/store.ts'
import { Refusal } from '../../refusal.ts'
import { checkScope } from '../auth.ts'
import type { Reply, Request, Route } from '../route.ts'

/** What was captured, the newest first: manifests. */
export const artifacts: Route = {
  path: '/debug/artifacts',
  methods: { GET: 'profile' },
  answer: async (request) => json({ artifacts: await storeOf(request).list() }),
}

/** One artifact: GET fetches it, DELETE removes it. What holds memory needs the scope heap. */
export const artifact: Route = {
  path: '/debug/artifacts/*',
  methods: { GET: 'profile', DELETE: 'heap' },
  answer: (request) => (request.method === 'DELETE' ? remove(request) : fetch(request)),
}

async function fetch(request: Request): Promise<Reply> {
  const { manifest, file } = await storeOf(request).fetch(request.rest)
  try {
    if (manifest.scope && request.scope) checkScope(request.scope, manifest.scope)
  } catch (error) {
    await file.close()
    throw error
  }
  if (request.headOnly) await file.close()
  return {
    contentType: 'application/octet-stream',
    fileName: manifest.name,
    headers: { 'content-length': String(manifest.bytes), 'x-artifact-sha256': manifest.sha256 },
    body: request.headOnly ? '' : bytesOf(file, manifest.bytes),
  }
}

async function remove(request: Request): Promise<Reply> {
  const { rest: name, scope, remoteAddress, server } = request
  await storeOf(request).remove(name)
  server.log('warn', { artifact: name, scope, remoteAddress }, 'diagnostics artifact deleted')
  return json({ deleted: name })
}

async function* bytesOf(file: FileHandle, bytes: number): AsyncIterable<Uint8Array> {
  if (bytes === 0) return void (await file.close())
  // Closes the file at its end, and when the client hangs up.
  yield* file.createReadStream({ start: 0, end: bytes - 1 })
}

/** @throws Refusal no_artifacts_dir */
export function storeOf({ server }: Pick<Request, 'server'>): Artifacts {
  if (server.artifacts) return server.artifacts
  const message = 'nothing is kept here: the service named no directory (artifactsDir)'
  throw new Refusal({ status: 404, code: 'no_artifacts_dir', message })
}

function json(body: object): Reply {
  return { contentType: 'application/json', body: `${JSON.stringify(body, null, 2)}\n` }
}
