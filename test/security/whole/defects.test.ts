/** The fuzzing itself can fail: what a test breaks on purpose is found. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openApi, tokenOf, workingDeps } from '../../http/api.ts'
import { listen } from '../../http/raw-socket.ts'
import { fuzz, withoutSchemathesis } from '../fuzz.ts'

const TIMEOUT_MS = 600_000

test('an answer 500 to some requests is found', {
  skip: withoutSchemathesis,
  timeout: TIMEOUT_MS,
}, async (t) => {
  const { reserve } = workingDeps()
  const output = await defectOf(t, {
    reserve: (ask) => {
      if (ask.quantity === 10) throw new Error('a defect that the test put there')
      return reserve(ask)
    },
  })
  assert.match(output, /POST \/api\/v1\/bookings\/reserve/)
  assert.match(output, /Server error/)
})

test('an answer that is not as the document says is found', {
  skip: withoutSchemathesis,
  timeout: TIMEOUT_MS,
}, async (t) => {
  const { payments } = workingDeps()
  const output = await defectOf(t, {
    payments: {
      ...payments,
      async find(id) {
        const payment = await payments.find(id)
        return payment && { ...payment, currency: 'baht' }
      },
    },
  })
  assert.match(output, /GET \/api\/v1\/payments\/\{id\}/)
  assert.match(output, /Response violates schema/)
})

/** What is said of a service of which everything works but what the test has replaced. */
async function defectOf(t: TestContext, deps: Parameters<typeof openApi>[1]): Promise<string> {
  const port = await listen(openApi(t, { ...deps }))
  const { code, output } = await fuzz(
    { address: `http://127.0.0.1:${port}`, token: tokenOf('owner', 'customer'), known: {}, knownOf: {} },
    { maxExamples: 5, timeoutMs: TIMEOUT_MS },
  )
  assert.equal(code, 1, output)
  return output
}
