import { z } from 'zod';
import type {
  CheckResult,
  CollectorDeps,
  CollectorModule,
  Fault,
  Layout,
  OpenCollector,
  PollContext,
  Target,
} from '#collectors/collector.ts';
import { toAppError } from '#platform/errors.ts';
import { COOKIE_LENGTH } from './lane.ts';
import type { PingPlan } from './lane.ts';
import { createPinger } from './pinger.ts';
import type { PingOutcome } from './pinger.ts';
import { createResolver } from './resolve.ts';
import type { IcmpSockets } from './socket.ts';
import { summarizeRoundTrips } from './statistics.ts';

const integer = (min: number, max: number) => z.number().int().min(min).max(max);

/** Settings of ICMP on one device. */
export const IcmpSettings = z
  .object({
    count: integer(1, 50).default(5).describe('Echo requests at each poll'),
    spacingMs: integer(1, 5000).default(200).describe('Milliseconds between two requests'),
    timeoutMs: integer(10, 10_000).default(1000).describe('A reply that takes longer counts as lost (ms)'),
    payloadBytes: integer(COOKIE_LENGTH, 1400).default(56).describe('Octets of payload of a request'),
  })
  .strict();
export type IcmpSettings = z.infer<typeof IcmpSettings>;

/** One layout for all devices: its series never change. */
const LAYOUT: Layout = {
  series: [
    { metric: 'icmp_rtt_ms', labels: {}, unit: 'ms', kind: 'gauge' },
    { metric: 'icmp_loss_percent', labels: {}, unit: '%', kind: 'gauge' },
    { metric: 'icmp_jitter_ms', labels: {}, unit: 'ms', kind: 'gauge' },
  ],
};

/**
 * Pings devices. A poll that no reply came to is still a measurement: it answers a loss of 100 % and says by its only
 * fault (`no_answer`, or `no_route` when the network said so) that the device counts as down. It throws only where
 * nothing could be measured: a name without address, an IPv6 address on a machine without IPv6.
 */
export const icmpCollector: CollectorModule<IcmpSettings> = {
  name: 'icmp',
  title: 'ICMP echo (ping)',
  defaultIntervalSeconds: 60,
  settings: IcmpSettings,
  credentialKinds: [],
  async open(deps) {
    // Only a process that pings loads native code: the registry is read by the others too.
    const { openIcmpSockets } = await import('./koffi.ts');
    return createIcmpCollector(openIcmpSockets(), deps);
  },
};

/** The collector on sockets that are open already; it closes them. */
export function createIcmpCollector(sockets: IcmpSockets, { log, clock }: CollectorDeps): OpenCollector<IcmpSettings> {
  const pinger = createPinger(sockets, clock);
  const resolver = createResolver();
  log.info({ kind: sockets.v4.kind, ipv6: sockets.v6 !== null }, 'ICMP sockets open');

  async function ask(target: Target, plan: PingPlan, ctx: PollContext) {
    const address = await resolver.resolve(target);
    const polledAt = clock.now();
    const outcome = await pinger.ping(address, plan, ctx.signal);
    const statistics = summarizeRoundTrips(outcome.roundTripsMs);
    const fault = statistics.lossPercent < 100 ? null : silence(address.text, plan, outcome);
    return { address, polledAt, statistics, fault };
  }

  return {
    async poll(target, settings, ctx) {
      const { polledAt, statistics, fault } = await ask(target, fitting(settings, ctx.budgetMs), ctx);
      const values = Float64Array.of(statistics.rttMs, statistics.lossPercent, statistics.jitterMs);
      return { polledAt, samples: [{ layout: LAYOUT, values }], restarted: false, faults: fault ? [fault] : [] };
    },
    async check(target, settings, ctx) {
      const started = clock.monotonic();
      const plan = fitting({ ...settings, count: 2, spacingMs: 100 }, ctx.budgetMs);
      const answer = (ok: boolean, code: CheckResult['code'], message: string): CheckResult[] => [
        { ok, credentialId: null, code, message, durationMs: clock.monotonic() - started },
      ];
      try {
        const { address, statistics, fault } = await ask(target, plan, ctx);
        if (fault) return answer(false, fault.code, fault.message);
        return answer(true, null, `${address.text} answers to ping in ${statistics.rttMs.toFixed(2)} ms`);
      } catch (thrown) {
        ctx.signal.throwIfAborted();
        const { code, message } = toAppError(thrown);
        return answer(false, code, message);
      }
    },
    forget: (deviceId) => resolver.forget(deviceId),
    metrics() {
      const { sent, received, duplicate, late, forged, unexpected } = pinger.counters;
      const kernel = sockets.v4.dropped() + (sockets.v6?.dropped() ?? 0);
      return {
        icmp_sent_total: sent,
        icmp_reply_received_total: received + duplicate + late + forged + unexpected + kernel,
        icmp_reply_accepted_total: received,
        'icmp_reply_dropped_total{reason="duplicate"}': duplicate,
        'icmp_reply_dropped_total{reason="late"}': late,
        'icmp_reply_dropped_total{reason="forged"}': forged,
        'icmp_reply_dropped_total{reason="unexpected"}': unexpected,
        'icmp_reply_dropped_total{reason="kernel_buffer_full"}': kernel,
      };
    },
    async close() {
      pinger.close();
      sockets.close();
    },
  };
}

/** The plan, made shorter when it would take longer than the poll may: fewer requests are worth more than none. */
function fitting(settings: IcmpSettings, budgetMs: number): PingPlan {
  const timeoutMs = Math.max(1, Math.min(settings.timeoutMs, budgetMs * 0.8));
  const forSending = Math.max(0, budgetMs * 0.9 - timeoutMs);
  const spacingMs = Math.min(settings.spacingMs, forSending / Math.max(1, settings.count - 1));
  return { ...settings, timeoutMs, spacingMs };
}

function silence(address: string, plan: PingPlan, outcome: PingOutcome): Fault {
  if (outcome.trouble !== null) return { code: 'no_route', message: `${address}: ${outcome.trouble}` };
  const requests = plan.count === 1 ? '1 echo request' : `${plan.count} echo requests`;
  const patience = Math.round(plan.timeoutMs) / 1000;
  return { code: 'no_answer', message: `${address} did not answer ${requests} within ${patience} s each` };
}
