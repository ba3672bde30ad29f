import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from './ask.ts'
import { startRecording } from './recording.ts'
import { until } from './running-app.ts'

test('continuous profiling samples all the time, and a profile asked for meanwhile is whole', async (t) => {
  const { diagnosticsPort: port, appUrl } = await startRecording(t, { continuous: true })
  const page = async () => (await ask(port, '/metrics')).body
  await until(async () => /^diagnostics_sampling_rate_hertz\{worker="0"\} 50$/m.test(await page()))
  const asked = ask(port, '/debug/pprof/profile?seconds=1&format=folded')
  let isOver = false
  const over = asked.finally(() => {
    isOver = true
  })
  // Until it ends: one request might be done before the capture begins.
  while (!isOver) await (await fetch(`${appUrl}/?ms=50`)).text()
  assert.match((await over).body, /burnForTheTest/)
  const after = await page()
  // What is ended at once, what was before the capture, and the capture: windows of their own.
  assert.match(after, /^diagnostics_rotation_stall_seconds_count 3$/m)
  assert.match(after, /^diagnostics_rotation_stall_seconds_bucket\{le="\+Inf"\} 3$/m)
  assert.match(after, /^diagnostics_sampling_rate_hertz\{worker="0"\} 50$/m)
})

test('nothing samples unless it was asked for', async (t) => {
  const { diagnosticsPort: port } = await startRecording(t, {})
  assert.match((await ask(port, '/metrics')).body, /^diagnostics_sampling_rate_hertz\{worker="0"\} 0$/m)
})
