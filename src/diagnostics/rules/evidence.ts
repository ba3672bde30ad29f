/** Profiles that go into a rule's artifact beside the windows of the CPU: as `go tool pprof` opens them. */
import type { BlockRecord } from '../beside/block-record.ts'
import { captures } from '../captures/registry.ts'
import type { TarFile } from '../flight/tar.ts'
import { limits } from '../limits.ts'
import type { ServerSide } from '../server/side.ts'

/** A profile made of what one process gave to a capture of that name. */
export async function profileFile(
  server: ServerSide,
  capture: string,
  file: string,
  part: { worker: number; value: unknown },
  params: object = {},
): Promise<TarFile> {
  const found = captures.find(({ name }) => name === capture)
  if (!found || found.where === 'server') throw new Error(`there is no capture ${capture} of a process`)
  const { body } = await found.finish([part], { format: 'pprof', debug: 0, ...params } as never, server)
  return { name: file, content: Buffer.from(body as Uint8Array) }
}

/** Blocks of the event loop since then, as records and as a profile; nothing where there were none, or nobody answers. */
export async function blockFiles(server: ServerSide, worker: number, fromMs: number): Promise<TarFile[]> {
  const options = { timeoutMs: limits.questionTimeoutMs }
  const asked = await server
    .askEvery('beside:block', { seconds: 0 }, options, [worker])
    .catch(() => ({ parts: [] }))
  const [part] = asked.parts as { worker: number; value: { value: { records: BlockRecord[] } } }[]
  if (!part) return []
  const all = part.value.value
  const records = all.records.filter(({ startedMs, durationMs }) => startedMs + durationMs >= fromMs)
  if (records.length === 0) return []
  return [
    { name: 'blocks.json', content: Buffer.from(`${JSON.stringify(records, null, 1)}\n`) },
    await profileFile(server, 'block', 'block.pb.gz', { worker, value: { ...all, records } }),
  ]
}
