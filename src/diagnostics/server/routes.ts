/** Every route there is. One file for each in routes/, one line here; captures come from their own registry. */
import { captures } from '../captures/registry.ts'
import { makeCaptureRoutes } from './capture-route.ts'
import type { Route } from './route.ts'
import { artifact, artifacts } from './routes/artifacts.ts'
import { cmdline } from './routes/cmdline.ts'
import { convertRoute } from './routes/convert.ts'
import { health } from './routes/health.ts'
import { index } from './routes/index.ts'
import { liveRoute } from './routes/live.ts'
import { logLevel } from './routes/log-level.ts'
import { metricsRoute } from './routes/metrics.ts'
import { pprofRedirect } from './routes/pprof-redirect.ts'
import { rulesRoute } from './routes/rules.ts'
import { symbol } from './routes/symbol.ts'
import { uiRoutes } from './routes/ui.ts'
import { vars } from './routes/vars.ts'
import type { makeSnapshots } from './snapshots.ts'

export function makeRoutes(snapshots: ReturnType<typeof makeSnapshots>): Route[] {
  return [
    ...uiRoutes(),
    liveRoute(),
    metricsRoute(snapshots),
    health,
    index,
    pprofRedirect,
    cmdline,
    symbol,
    convertRoute(),
    vars,
    logLevel,
    artifacts,
    artifact,
    rulesRoute,
    ...makeCaptureRoutes(captures),
  ]
}
