import type { Figures } from './figure.ts';

export const hubFigures: Figures = {
  http_requests_total: { type: 'counter', labels: '`method`, `route`, `status`', about: 'Requests that were answered' },
  http_request_duration_seconds: {
    type: 'histogram',
    labels: '`method`, `route`',
    about: 'Time from a request to the end of its answer',
  },
  ready: { type: 'gauge', about: '1 when the hub answers /readyz with 200' },
  scheduler_leader: { type: 'gauge', about: '1 on the hub that schedules' },
  scheduler_entries: { type: 'gauge', about: 'Polls that come back: one for each device and collector' },
  scheduler_jobs_total: { type: 'counter', about: 'Jobs of polls that were added to the queue' },
  scheduler_polls_total: { type: 'counter', about: 'Polls in these jobs' },
  scheduler_jumps_total: { type: 'counter', about: 'Times that planning did not go on where it had ended' },
  scheduler_enqueue_failed_total: { type: 'counter', about: 'Jobs that the queue did not take' },
  scheduler_unserved_polls_total: {
    type: 'counter',
    about: 'Polls that were not planned, because no collector was there to make them',
  },
  queue_jobs: {
    type: 'gauge',
    labels: '`state` waiting, running, failed',
    about: 'Jobs of polls in all partitions, told by the hub that schedules',
  },
  notifications_sent_total: { type: 'counter', about: 'Notifications of alerts that a channel has taken' },
  notifications_failed_total: { type: 'counter', about: 'Tries that failed; they are tried again' },
  notifications_dropped_total: {
    type: 'counter',
    labels: '`reason` given_up',
    about: 'Notifications that were given up',
  },
  outside_heartbeat_sent_total: { type: 'counter', about: 'Signs of life sent outside; only where that is configured' },
  outside_heartbeat_failed_total: { type: 'counter', about: 'Of these, those that did not arrive' },
  outside_heartbeat_withheld_total: {
    type: 'counter',
    about: 'Signs of life that were not sent, because not all is well',
  },
  outside_heartbeat_failing: { type: 'gauge', about: '1 while signs of life do not arrive' },
  outside_heartbeat_withheld: { type: 'gauge', about: '1 while signs of life are not sent, because not all is well' },
  process_up: {
    type: 'gauge',
    labels: '`process` hub-1, collector-1, …',
    about: '1 when the process is ready',
  },
  process_restarts_total: {
    type: 'counter',
    labels: '`process`',
    about: 'Times that the process was started again',
  },
  database_restarts_total: {
    type: 'counter',
    about: 'Times that the embedded PostgreSQL was started again; not told of a database elsewhere',
  },
};
