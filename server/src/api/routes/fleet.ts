import { Canary } from '@sotp/contract/canary.ts';
import { TaskRef } from '@sotp/contract/devices.ts';
import { Fleet, SiteParams, TaskStart } from '@sotp/contract/fleet.ts';
import { AppError } from '#platform/errors.ts';
import type { Audit } from '#services/access/audit.ts';
import type { FleetOverview } from '#services/fleet/overview.ts';
import { route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** The collectors, what waits for them, and the work that comes back by the clock. */
export function fleetRoutes(fleet: FleetOverview, audit: Audit): Route[] {
  return [
    route({
      method: 'GET',
      path: '/fleet',
      access: 'system:write',
      tag: 'fleet',
      summary: 'Collector processes with their load, sites polled locally, queue, recurring work',
      output: Fleet,
      handler: () => fleet.get(),
    }),
    route({
      method: 'GET',
      path: '/canary',
      access: 'devices:read',
      tag: 'fleet',
      summary: 'Show how late what SOTP collects comes through, and what of it is lost: samples, lines, alerts',
      output: Canary,
      handler: () => fleet.canary(),
    }),
    route({
      method: 'DELETE',
      path: '/fleet/sites/:site',
      access: 'system:write',
      tag: 'fleet',
      summary: 'Give a site that was polled locally back to all collectors',
      params: SiteParams,
      output: null,
      async handler({ actor, params }) {
        if (!(await fleet.releaseSite(params.site))) {
          throw new AppError('not_found', `“${params.site}” is polled by all collectors already.`);
        }
        await audit.record(actor, 'fleet.site.release', `site/${params.site}`, {});
      },
    }),
    route({
      method: 'POST',
      path: '/tasks',
      access: 'system:write',
      tag: 'tasks',
      summary: 'Have recurring work done now',
      body: TaskStart,
      output: TaskRef,
      status: 202,
      async handler({ actor, body }) {
        const started = await fleet.doNow(body.kind, actor.name);
        await audit.record(actor, 'task.start', `task/${started.taskId}`, { kind: body.kind });
        return started;
      },
    }),
  ];
}
