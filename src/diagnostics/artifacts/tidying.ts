import { removeLeftSnapshots } from '../heap/snapshot-files.ts'
import { limits } from '../limits.ts'
import type { ServerBackground } from '../server/background.ts'

/** What was left half written goes at the start; what has become too old goes also where nothing new comes. */
export const tidyArtifacts: ServerBackground = ({ artifacts }) => {
  const tidy = () => {
    void artifacts?.tidy()
    void removeLeftSnapshots()
  }
  tidy()
  const timer = setInterval(tidy, limits.artifactsTidyMs)
  timer.unref()
  return () => clearInterval(timer)
}
