import type { Drill } from './drill.ts'

export const faultDrills: readonly Drill[] = []
