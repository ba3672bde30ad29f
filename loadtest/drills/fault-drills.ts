import { diskFull } from './disk-full.ts'
import type { Drill } from './drill.ts'
import { kills } from './kills.ts'
import { links } from './links.ts'

export const faultDrills: readonly Drill[] = [...kills, ...links, diskFull]
