/** `npm run licences`: how many of production's packages are under which licence; fails for one that is not allowed, and for a package that is not tied to its bytes. */
import { licenceProblems, licencesOf, lockProblems, makeSbom, readLock, scriptProblems } from './packages.ts'

const { components } = makeSbom()
const { packages, allowScripts } = readLock()
const counts = new Map<string, number>()
for (const licence of components.flatMap(licencesOf)) counts.set(licence, (counts.get(licence) ?? 0) + 1)
for (const [licence, count] of [...counts].sort(([, a], [, b]) => b - a))
  process.stdout.write(`${String(count).padStart(5)}  ${licence}\n`)

const problems = [
  ...licenceProblems(components),
  ...lockProblems(packages),
  ...scriptProblems(packages, allowScripts),
]
for (const problem of problems) process.stderr.write(`${problem}\n`)
const verdict = problems.length === 0 ? 'all allowed, all tied to their bytes' : `${problems.length} problems`
process.stdout.write(`licences: ${components.length} packages of production; ${verdict}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
