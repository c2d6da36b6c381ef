import { Task, TaskRef } from '@sotp/contract/devices.ts';
import { TaskQuery } from '@sotp/contract/fleet.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import type { Tasks } from '#services/inventory/tasks.ts';
import { IdParams, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** Long work and how far it is. */
export function taskRoutes(tasks: Tasks): Route[] {
  return [
    route({
      method: 'GET',
      path: '/tasks',
      access: 'system:write',
      tag: 'tasks',
      summary: 'What ran, where, for how long and why it failed, newest first; and what waits',
      query: TaskQuery,
      output: pageOf(Task),
      handler: ({ query }) => tasks.list(query),
    }),
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
    route({
      method: 'POST',
      path: '/tasks/:id/retry',
      access: 'devices:poll',
      tag: 'tasks',
      summary: 'Do once more what a task that is over did',
      params: IdParams,
      output: TaskRef,
      status: 202,
      handler: ({ actor, params }) => tasks.retry(actor, params.id),
    }),
    route({
      method: 'POST',
      path: '/tasks/:id/cancel',
      access: 'devices:poll',
      tag: 'tasks',
      summary: 'Take back a task that waits, or stop one that can be stopped',
      params: IdParams,
      output: Task,
      handler: ({ actor, params }) => tasks.cancel(actor, params.id),
    }),
  ];
}
