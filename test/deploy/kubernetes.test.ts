import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import type { IDeployment } from 'kubernetes-models/apps/v1'
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1'
import type { IConfigMap, ISecret, IService } from 'kubernetes-models/v1'
import { parse } from 'yaml'
import { parseConfig, settings } from '../../src/config.ts'
import { allOf, applied, folder, kustomization, type Manifest, manifestsIn, named } from './manifests.ts'

const root = resolve(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const roles = ['api', 'worker'] as const
const deploymentOf = (role: string) => named<IDeployment & Manifest>('Deployment', `floodgate-${role}`)

function podOf(role: string) {
  const template = deploymentOf(role).spec?.template
  const [container, ...others] = template?.spec?.containers ?? []
  assert.ok(template?.spec && container)
  assert.deepEqual(others, [])
  return { labels: template.metadata?.labels ?? {}, spec: template.spec, container }
}

test('every manifest is applied, and no secret with them', () => {
  const own = ['kustomization.yaml', 'prometheus-adapter.values.yaml', 'secret.example.yaml']
  assert.deepEqual(readdirSync(folder).sort(), [...kustomization.resources, ...own].sort())
  assert.ok(applied.every(({ kind }) => kind !== 'Secret'))
})

test('both roles run the image of this version, each as itself', () => {
  assert.equal(kustomization.images[0]?.newTag, version)
  for (const role of roles) {
    const { container } = podOf(role)
    assert.equal(container.image, `${kustomization.images[0]?.name}:${version}`)
    assert.deepEqual(container.args, ['start', role])
    assert.equal(container.command, undefined, 'the flags of the image stay')
  }
})

test('what the pods are given is a configuration that production accepts, of settings that exist', () => {
  const open = named<IConfigMap & Manifest>('ConfigMap', 'floodgate').data ?? {}
  const secret = named<ISecret & Manifest>('Secret', 'floodgate').stringData ?? {}
  for (const name of [...Object.keys(open), ...Object.keys(secret)])
    assert.ok(name in settings.properties, `${name} is no setting`)
  for (const [name, value] of Object.entries(secret))
    assert.match(value, /^$|PASSWORD/, `${name} is given away`)
  const filledIn = Object.entries(secret).map(([name, value]) => [
    name,
    value || `${name} of the test, long enough`,
  ])
  const config = parseConfig({ ...open, ...Object.fromEntries(filledIn), NODE_ENV: 'production' })
  const service = named<IService & Manifest>('Service', 'floodgate-api')
  assert.equal(new URL(config.PAYMENT_WEBHOOK_URL).host, service.metadata.name)
  for (const role of roles) {
    const from = podOf(role).container.envFrom?.map(
      ({ configMapRef, secretRef }) => configMapRef ?? secretRef,
    )
    assert.deepEqual(from, [{ name: 'floodgate' }, { name: 'floodgate' }])
  }
})

test('no pod is root, writes to its image, or has a capability or a token of the cluster', () => {
  for (const role of roles) {
    const { spec, container } = podOf(role)
    assert.equal(spec.securityContext?.runAsNonRoot, true)
    assert.equal(spec.securityContext?.seccompProfile?.type, 'RuntimeDefault')
    assert.equal(spec.automountServiceAccountToken, false)
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    assert.deepEqual(container.volumeMounts, [{ name: 'tmp', mountPath: '/tmp' }])
    assert.ok(container.resources?.requests && container.resources.limits?.['memory'])
  }
})

test('the kubelet asks the API whether it lives and sells, and the worker whether it lives', () => {
  const asked = roles.map((role) => {
    const { startupProbe, livenessProbe, readinessProbe } = podOf(role).container
    return [startupProbe, livenessProbe, readinessProbe].map(
      (probe) => `${probe?.httpGet?.port} ${probe?.httpGet?.path}`,
    )
  })
  assert.deepEqual(asked, [
    ['http /health', 'http /health', 'http /ready'],
    ['diagnostics /health', 'diagnostics /health', 'diagnostics /health'],
  ])
})

test('a pod has the time that an orderly shutdown takes', () => {
  const { SHUTDOWN_TIMEOUT_MS } = parseConfig({})
  for (const role of roles) {
    const { spec, container } = podOf(role)
    const asleep = Number(container.lifecycle?.preStop?.sleep?.seconds ?? 0)
    assert.ok(Number(spec.terminationGracePeriodSeconds) > asleep + SHUTDOWN_TIMEOUT_MS / 1000, role)
  }
})

test('the ports are those of the image, and the Service leads to the API alone', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const port = (name: string) => Number(new RegExp(`\\b${name}=(\\d+)`).exec(dockerfile)?.[1])
  const ports = { http: port('PORT'), diagnostics: port('DIAGNOSTICS_PORT') }
  for (const role of roles)
    for (const { name, containerPort } of podOf(role).container.ports ?? [])
      assert.equal(containerPort, ports[name as keyof typeof ports])
  const services = allOf<IService & Manifest>('Service')
  assert.deepEqual(
    services.map(({ spec }) => [spec?.selector, spec?.ports?.map(({ targetPort }) => targetPort)]),
    [[podOf('api').labels, ['http']]],
  )
})

test("the diagnostics port is open to Prometheus's namespace alone, in every pod", () => {
  const policies = allOf<INetworkPolicy & Manifest>('NetworkPolicy')
  const rules = policies.flatMap(({ spec }) => (spec?.ingress ?? []).map((rule) => ({ rule, spec })))
  for (const { rule } of rules) assert.ok(rule.ports?.length, 'a rule without ports opens them all')
  const opening = rules.filter(({ rule }) => rule.ports?.some(({ port }) => port !== 'http'))
  assert.deepEqual(
    opening.map(({ rule }) => rule),
    [
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ protocol: 'TCP', port: 'diagnostics' }],
      },
    ],
  )
  const selected = opening[0]?.spec?.podSelector?.matchLabels ?? {}
  for (const role of roles) assert.ok(isPartOf(selected, podOf(role).labels), role)
})

test('selectors find their pods: of deployments, budgets and spreads', () => {
  for (const role of roles) {
    const { labels, spec } = podOf(role)
    assert.deepEqual(deploymentOf(role).spec?.selector.matchLabels, labels)
    assert.deepEqual(spec.topologySpreadConstraints?.[0]?.labelSelector?.matchLabels, labels)
    const budget = named<IPodDisruptionBudget & Manifest>('PodDisruptionBudget', `floodgate-${role}`)
    assert.deepEqual(budget.spec?.selector?.matchLabels, labels)
  }
})

test('pods come by the length of the queue and the delay of the loop, by names that the service and the adapter know', () => {
  const scaler = named<IHorizontalPodAutoscaler & Manifest>('HorizontalPodAutoscaler', 'floodgate-api')
  assert.equal(scaler.spec?.scaleTargetRef.name, deploymentOf('api').metadata.name)
  assert.equal(deploymentOf('api').spec?.replicas, undefined, 'two would say how many')
  const names = scaler.spec?.metrics?.map(({ pods, external }) => (pods ?? external)?.metric.name)
  assert.deepEqual(names, ['event_loop_standing_delay_seconds', 'queue_waiting_users'])
  const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8')
  const adapter = readFileSync(join(folder, 'prometheus-adapter.values.yaml'), 'utf8')
  const { rules } = parse(adapter) as { rules: Record<string, { name: { as: string } }[]> }
  const served = [rules['custom'], rules['external']].map((some) => some?.map(({ name }) => name.as))
  assert.deepEqual(served.flat(), names)
  for (const name of names ?? []) assert.ok(page.includes(`| \`${name}\` |`), name)
})

test('the largest number of pods has the connections to PostgreSQL that the settings say', () => {
  const [map] = manifestsIn('settings.yaml') as (IConfigMap & Manifest)[]
  const { PG_POOL_MAX, PG_WORKER_POOL_MAX } = parseConfig({ PG_POOL_MAX: map?.data?.['PG_POOL_MAX'] })
  const scaler = named<IHorizontalPodAutoscaler & Manifest>('HorizontalPodAutoscaler', 'floodgate-api')
  const apis = (scaler.spec?.maxReplicas ?? 0) + 1
  const workers = Number(deploymentOf('worker').spec?.replicas) + 1
  const text = readFileSync(join(folder, 'settings.yaml'), 'utf8')
  assert.match(text, new RegExp(` = ${apis * PG_POOL_MAX + workers * PG_WORKER_POOL_MAX}\\.`))
})

function isPartOf(some: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(some).every(([name, value]) => labels[name] === value)
}
