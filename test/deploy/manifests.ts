/** The files of docs/deploy/kubernetes, read as kustomize would, without one. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const folder = resolve(import.meta.dirname, '../../docs/deploy/kubernetes')

export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
}

export function manifestsIn(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => {
    const [problem] = document.errors
    if (problem) throw problem
    return document.toJS() as Manifest
  })
}

export interface Kustomization {
  namespace: string
  resources: string[]
  images: { name: string; newTag: string }[]
}

export const kustomization = manifestsIn('kustomization.yaml')[0] as unknown as Kustomization

/** All that is applied, and the example of the Secret, which is not. */
export const applied = kustomization.resources.flatMap(manifestsIn)
export const manifests = [...applied, ...manifestsIn('secret.example.yaml')]

export function named<T extends Manifest>(kind: string, name: string): T {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name)
  if (!found) throw new Error(`there is no ${kind} ${name}`)
  return found as T
}

export function allOf<T extends Manifest>(kind: string): T[] {
  return manifests.filter((one) => one.kind === kind) as T[]
}
