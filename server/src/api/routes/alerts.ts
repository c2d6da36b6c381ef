import { z } from 'zod';
import {
  Alert,
  AlertAcknowledge,
  AlertQuery,
  AlertSummary,
  Channel,
  ChannelCreate,
  ChannelPatch,
  Notification,
  NotificationQuery,
} from '@sotp/contract/alerts.ts';
import { Id, PageQuery, pageOf } from '@sotp/contract/lists.ts';
import type { Alerts } from '#services/alerting/alerts.ts';
import type { Channels } from '#services/alerting/channels.ts';
import { IdParams, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** Alerts, what was sent about them, and where it goes. */
export function alertRoutes(alerts: Alerts, channels: Channels): Route[] {
  const tag = 'alerts';
  return [
    route({
      method: 'GET',
      path: '/alerts',
      access: 'alerts:read',
      tag,
      summary: 'List alerts, newest first',
      query: AlertQuery,
      output: pageOf(Alert),
      handler: ({ actor, query }) => alerts.list(actor, query),
    }),
    route({
      method: 'GET',
      path: '/alerts/summary',
      access: 'alerts:read',
      tag,
      summary: 'Count the alerts that fire now',
      output: AlertSummary,
      handler: ({ actor }) => alerts.summary(actor),
    }),
    route({
      method: 'POST',
      path: '/alerts/:id/acknowledge',
      access: 'alerts:write',
      tag,
      summary: 'Say that somebody looks after an alert',
      params: IdParams,
      body: AlertAcknowledge.nullish(),
      output: Alert,
      handler: ({ actor, params, body }) => alerts.acknowledge(actor, params.id, body ?? {}),
    }),
    route({
      method: 'GET',
      path: '/notifications',
      access: 'alerts:read',
      tag,
      summary: 'List what was sent, waits or was given up, newest first',
      query: NotificationQuery,
      output: pageOf(Notification),
      handler: ({ actor, query }) => alerts.notifications(actor, query),
    }),
    route({
      method: 'GET',
      path: '/channels',
      access: 'system:write',
      tag,
      summary: 'List where notifications go, without the addresses',
      query: PageQuery,
      output: pageOf(Channel),
      handler: ({ query }) => channels.list(query),
    }),
    route({
      method: 'POST',
      path: '/channels',
      access: 'system:write',
      tag,
      summary: 'Add a channel; its address is kept as a secret and never returned',
      description:
        'Every alert that fires or is resolved is posted to it as JSON, at least once, with the same `Idempotency-Key` in ' +
        'every try. Private and local addresses are refused unless `alerting.allowedTargets` names them.',
      body: ChannelCreate,
      output: Channel,
      status: 201,
      handler: ({ actor, body }) => channels.create(actor, body),
    }),
    route({
      method: 'PATCH',
      path: '/channels/:id',
      access: 'system:write',
      tag,
      summary: 'Change a channel, or switch it off',
      params: IdParams,
      body: ChannelPatch,
      output: Channel,
      handler: ({ actor, params, body }) => channels.update(actor, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/channels/:id',
      access: 'system:write',
      tag,
      summary: 'Remove a channel; what waits for it is given up',
      params: IdParams,
      output: null,
      handler: ({ actor, params }) => channels.remove(actor, params.id),
    }),
    route({
      method: 'POST',
      path: '/channels/:id/test',
      access: 'system:write',
      tag,
      summary: 'Send a test notification; how it went is in the delivery log',
      params: IdParams,
      output: z.object({ notificationId: Id }),
      status: 202,
      handler: ({ actor, params }) => channels.test(actor, params.id),
    }),
  ];
}
