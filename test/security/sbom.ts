/** `npm run -s sbom > sbom.json`: what production consists of, as CycloneDX. */
import { makeSbom } from './packages.ts'

process.stdout.write(`${JSON.stringify(makeSbom(), null, 2)}\n`)
