/** The Dockerfile as data: its stages, and how what they make is started. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import dockerignore from '@balena/dockerignore'
import { Copy, DockerfileParser } from 'dockerfile-ast'

export const root = resolve(import.meta.dirname, '../..')

export interface Step {
  keyword: string
  /** As it is written, without flags. */
  text: string
  /** COPY: the stage that it copies from; null: the project. */
  from: string | null
}

export interface Stage {
  name: string | null
  /** An image, or the name of an earlier stage. */
  from: string
  steps: Step[]
}

/** The stages of the Dockerfile, in order; the last one is the image. */
export function readStages(): Stage[] {
  const stages: Stage[] = []
  for (const instruction of DockerfileParser.parse(read('Dockerfile')).getInstructions()) {
    const keyword = instruction.getKeyword()
    const text = instruction.getArgumentsContent() ?? ''
    if (keyword === 'FROM') {
      const [from = '', , name = null] = text.split(/\s+/)
      stages.push({ name, from, steps: [] })
      continue
    }
    const copied = instruction instanceof Copy ? instruction.getFromFlag()?.getValue() : null
    stages.at(-1)?.steps.push({ keyword, text, from: copied ?? null })
  }
  return stages
}

export function stepsOf({ steps }: Stage, keyword: string): string[] {
  return steps.filter((step) => step.keyword === keyword).map(({ text }) => text)
}

/** `ENV A=1 B=2`, of this Dockerfile: no value has a blank in it. */
export function environmentOf(stage: Stage): Record<string, string> {
  const pairs = stepsOf(stage, 'ENV').flatMap((text) => text.split(/\s+/))
  return Object.fromEntries(pairs.map((pair) => pair.split('=')))
}

/** The arguments of the last ENTRYPOINT, CMD or HEALTHCHECK; what is not a list of them would need a shell. @throws SyntaxError */
export function argumentsOf(stage: Stage, keyword: string): string[] {
  const text = stepsOf(stage, keyword).at(-1) ?? ''
  return JSON.parse(text.slice(text.indexOf('['))) as string[]
}

/** Whether a file of the project, by its path from the root, is given to the builder. */
export const isInContext: (path: string) => boolean = dockerignore
  .default()
  .add(read('.dockerignore').split('\n'))
  .createFilter()

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}
