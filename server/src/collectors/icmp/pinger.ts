import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { SocketAddress } from './address.ts';
import { createAgenda } from './agenda.ts';
import { createLane } from './lane.ts';
import type { Job, Lane, PingCounters, PingPlan } from './lane.ts';
import type { IcmpSockets } from './socket.ts';

export interface PingOutcome {
  /** Round trips in ms in the order of sending; NaN where no reply came in time. */
  readonly roundTripsMs: Float64Array;
  /** The last ICMP error or send error that concerned this host, in words. */
  readonly trouble: string | null;
}

export interface Pinger {
  /** Pings one host; throws only when aborted or when the machine has no IPv6. */
  ping(target: SocketAddress, plan: PingPlan, signal?: AbortSignal): Promise<PingOutcome>;
  readonly counters: Readonly<PingCounters>;
  /** Ends all pings under way with `shutting_down`. */
  close(): void;
}

/** Pings many hosts over two sockets: one agenda, one table of outstanding requests per socket, no timer per request. */
export function createPinger(sockets: IcmpSockets, clock: Clock): Pinger {
  const counters: PingCounters = { sent: 0, received: 0, duplicate: 0, late: 0, forged: 0, unexpected: 0 };
  const jobs = new Set<Job>();
  const agenda = createAgenda<Job>(clock, work);
  const deps = { clock, agenda, counters, finish };
  const v4 = createLane(sockets.v4, deps);
  const v6 = sockets.v6 === null ? null : createLane(sockets.v6, deps);
  sockets.onReadable(receive);

  function receive(): void {
    v4.receive();
    v6?.receive();
  }

  function finish(job: Job, failure?: unknown): void {
    if (job.done) return;
    job.done = true;
    jobs.delete(job);
    laneOf(job)?.free(job);
    if (jobs.size === 0) sockets.hold(false);
    job.settle(failure);
  }
  function laneOf(job: Job): Lane | null {
    return job.target.family === 4 ? v4 : v6;
  }

  /** Everything that is due: the next request of a host, or the end of its patience. */
  function work(due: readonly Job[]): void {
    const toSend4: Job[] = [];
    const toSend6: Job[] = [];
    const waitedFor: Job[] = [];
    for (const job of due) {
      if (job.done) continue;
      if (job.sent >= job.plan.count) waitedFor.push(job);
      else (job.target.family === 4 ? toSend4 : toSend6).push(job);
    }
    // A reply may wait in the kernel while this process was busy: it was in time, so it is read before anyone gives up.
    if (waitedFor.length > 0) receive();
    for (const job of waitedFor) finish(job);
    v4.send(toSend4);
    v6?.send(toSend6);
  }

  return {
    counters,
    ping(target, plan, signal) {
      if (target.family === 6 && v6 === null) {
        return Promise.reject(
          new AppError('no_route', `${target.text} is an IPv6 address and this machine has no IPv6.`),
        );
      }
      return new Promise<PingOutcome>((resolve, reject) => {
        signal?.throwIfAborted();
        const onAbort = (): void => finish(job, signal?.reason);
        const job: Job = {
          target,
          plan,
          roundTripsMs: new Float64Array(plan.count).fill(Number.NaN),
          slots: new Int32Array(plan.count).fill(-1),
          settle(failure) {
            signal?.removeEventListener('abort', onAbort);
            if (failure === undefined) resolve({ roundTripsMs: job.roundTripsMs, trouble: job.trouble });
            else reject(failure);
          },
          sent: 0,
          answered: 0,
          trouble: null,
          done: false,
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        jobs.add(job);
        sockets.hold(true);
        agenda.add(clock.monotonic(), job);
      });
    },
    close() {
      for (const job of jobs) finish(job, new AppError('shutting_down', 'SOTP is shutting down.'));
      agenda.close();
    },
  };
}
