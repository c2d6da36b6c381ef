import { Task } from '@sotp/contract/devices.ts';
import type { Tasks } from '#services/inventory/tasks.ts';
import { IdParams, route } from './route.ts';
import type { Route } from './route.ts';

/** Long work and how far it is. */
export function taskRoutes(tasks: Tasks): Route[] {
  return [
    route({
      method: 'GET',
      path: '/tasks/:id',
      access: 'devices:read',
      tag: 'tasks',
      summary: 'How far a task is',
      params: IdParams,
      output: Task,
      handler: ({ actor, params }) => tasks.get(actor, params.id),
    }),
  ];
}
