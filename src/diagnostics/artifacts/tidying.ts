import { limits } from '../limits.ts'
import type { ServerBackground } from '../server/background.ts'

/** What was left half written goes at the start; what has become too old goes also where nothing new comes. */
export const tidyArtifacts: ServerBackground = ({ artifacts }) => {
  if (!artifacts) return () => {}
  void artifacts.tidy()
  const timer = setInterval(() => void artifacts.tidy(), limits.artifactsTidyMs)
  timer.unref()
  return () => clearInterval(timer)
}
