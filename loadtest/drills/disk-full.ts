/** A disk of one MiB for artifacts, already full: captures are refused in words, and the sale does not notice. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CannotRun } from '../cannot-run.ts'
import type { Drill } from './drill.ts'
import { underLoad } from './under-load.ts'

const DISK_BYTES = 2 ** 20

export const diskFull: Drill = {
  name: 'disk-full',
  kind: 'fault',
  summary: 'the disk for artifacts is full: a capture is refused with a code, the sale goes on',
  async run(run) {
    const disk = join(run.stage.dir, 'small-disk')
    mkdirSync(disk)
    mountSmall(disk)
    try {
      let refusal = ''
      return await underLoad(run, {
        settings: { DIAGNOSTICS_DIR: disk },
        sellsOn: true,
        async strike({ api }) {
          try {
            writeFileSync(join(disk, 'filler'), Buffer.alloc(2 * DISK_BYTES))
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
          }
          const response = await fetch(`${api.diagnosticsUrl}/debug/heapsnapshot`, { method: 'POST' })
          refusal = `${response.status} ${((await response.json()) as { code?: string }).code ?? ''}`
          const after = await fetch(`${api.diagnosticsUrl}/debug/pprof/profile?seconds=1`)
          return { 'a heap snapshot': refusal, 'a profile that is not': after.status }
        },
        after: async () => (refusal === '507 disk_full' ? [] : [`a heap snapshot was answered ${refusal}`]),
      })
    } finally {
      execFileSync('umount', [disk])
    }
  },
}

function mountSmall(dir: string): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', dir], { stdio: 'pipe' })
  } catch (error) {
    throw new CannotRun(`a small disk is mounted for it, which only root may do: ${(error as Error).message}`)
  }
}
