import type { Drill } from './drill.ts'

export const diagnosisDrills: readonly Drill[] = []
