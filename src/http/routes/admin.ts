/** What an operator asks of the running service. */

import { inventoryView } from '../answers/inventory.ts'
import type { Api } from '../api.ts'
import { authenticated, restrictedTo } from '../auth.ts'
import type { HttpDeps } from '../deps.ts'
import { InventoryBody, SyncBody } from '../schemas/admin.ts'
import { bearer, errors } from '../schemas/common.ts'

export function adminRoutes(api: Api, deps: Pick<HttpDeps, 'inventoryAdmin' | 'verifyToken'>): void {
  const { inventoryAdmin } = deps
  const onRequest = [authenticated(deps.verifyToken), restrictedTo('admin')]
  const about = {
    tags: ['admin'],
    security: bearer,
    response: { 200: InventoryBody, ...errors },
  }

  api.get(
    '/admin/inventory-status',
    {
      onRequest,
      schema: { ...about, summary: 'Every zone as both stores count it' },
    },
    async () => inventoryView(await inventoryAdmin.status()),
  )

  api.post(
    '/admin/sync-inventory',
    {
      onRequest,
      preValidation: function bodyIsOptional(request, _reply, done) {
        if (request.body === undefined) request.body = {}
        done()
      },
      schema: {
        ...about,
        summary: 'Bring the seat store up to PostgreSQL',
        body: SyncBody,
      },
    },
    async (request) => inventoryView(await inventoryAdmin.sync({ force: request.body.force ?? false })),
  )
}
