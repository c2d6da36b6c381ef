import type { Figures } from './figure.ts';

/** Told by the hub that leads, except what is sent, which its collectors tell. */
export const canaryFigures: Figures = {
  canary_sent_total: { type: 'counter', labels: '`path` metric, log', about: 'Canaries that a collector has sent' },
  canary_seen_total: { type: 'counter', labels: '`path` metric, log, alert', about: 'Canaries that have come through' },
  canary_lost_total: { type: 'counter', labels: '`path`', about: 'Canaries that were lost on the way' },
  canary_lost_last_hour: { type: 'gauge', labels: '`path`', about: 'Of these, those of the last hour' },
  canary_loss_percent: { type: 'gauge', labels: '`path`', about: 'Share that is lost now' },
  canary_latency_seconds: { type: 'histogram', labels: '`path`', about: 'How long canaries were on the way' },
  canary_latency_ms: {
    type: 'summary',
    labels: '`path`; `quantile` 0.5, 0.99',
    about: 'How long those of the last five minutes were on the way',
  },
  canary_newest_age_seconds: {
    type: 'gauge',
    labels: '`path`',
    about: 'How long ago the newest canary was sent that has come through',
  },
};
