import { CANARY_APP } from '#domain/canary-lines.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { NewLine } from '#stores/logs/logs.ts';
import type { PollRow } from '#stores/metrics/metrics.ts';
import { CANARY_DEVICE, canaryLayout } from './layout.ts';

const EVERY_MS = 1_000;
const LINES = 10;
/** RFC 5424: user-level messages, debug. */
const FACILITY = 1;
const SEVERITY = 7;

export interface EmitterDeps {
  /** Names the process. */
  readonly collector: string;
  /** Puts a row on the way of all samples. */
  readonly sample: (row: PollRow) => void;
  /** Puts lines on the way of all lines; those for which there is no room are dropped there. */
  readonly lines: (lines: readonly NewLine[]) => void;
  readonly clock: Clock;
  /** Epoch ms of the clock that all processes share. */
  readonly now: () => number;
}

export interface CanaryEmitter extends Component {
  counters(): Record<string, number>;
}

/** The singing part of the canary: a sample and ten lines a second, numbered, on the way that all others take. */
export function createCanaryEmitter({ collector, sample, lines, clock, now }: EmitterDeps): CanaryEmitter {
  const layout = canaryLayout(collector);
  const sent = { metric: 0, log: 0 };
  let boot = 0;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  function lineOf(sequence: number, receivedAt: number): NewLine {
    const raw = Buffer.from(`canary ${collector} ${boot} ${sequence}`);
    return {
      source: 'system',
      receivedAt,
      at: receivedAt,
      deviceId: CANARY_DEVICE,
      sender: '',
      facility: FACILITY,
      severity: SEVERITY,
      host: collector,
      app: CANARY_APP,
      procId: String(boot),
      msgId: String(sequence),
      fields: null,
      parseError: '',
      truncated: false,
      body: 0,
      raw,
    };
  }

  function sing(): void {
    const at = Math.round(now());
    sample({
      deviceId: CANARY_DEVICE,
      at,
      polledAt: at,
      restarted: false,
      layout,
      values: Float64Array.of(boot, sent.metric++),
    });
    lines(Array.from({ length: LINES }, () => lineOf(sent.log++, at)));
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Anywhere in the second, so that collectors do not all sing at once.
      await clock.sleep(EVERY_MS, signal).catch(() => undefined);
      if (!signal.aborted) sing();
    }
  }

  return {
    name: 'canary',
    async start() {
      stopping = new AbortController();
      boot = Math.round(now());
      sent.metric = 0;
      sent.log = 0;
      running = loop(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    counters: () => ({
      'canary_sent_total{path="metric"}': sent.metric,
      'canary_sent_total{path="log"}': sent.log,
    }),
  };
}
