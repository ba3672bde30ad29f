import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** Whether a program is there; where it is not the test is skipped by its name, except in CI, which must have it. */
export function has(t: TestContext, program: 'go' | 'promtool' | 'prometheus'): boolean {
  const found =
    spawnSync(program, [program === 'go' ? 'version' : '--version'], { stdio: 'ignore' }).status === 0
  if (found) return true
  assert.ok(!process.env.CI, `CI must have ${program}`)
  t.skip(`${program} is not installed`)
  return false
}

export function temporaryDir(t: { after(work: () => unknown): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'diagnostics-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
