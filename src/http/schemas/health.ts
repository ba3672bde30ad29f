import { Type } from 'typebox'

export const HealthBody = Type.Object({ status: Type.String() })

export const ReadyBody = Type.Object({
  status: Type.String({ enum: ['ready', 'not_ready', 'draining'] }),
  dependencies: Type.Record(
    Type.String(),
    Type.Object({ ok: Type.Boolean(), state: Type.String(), required: Type.Boolean() }),
  ),
})
