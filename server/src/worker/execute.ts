import type { CollectorModule, Layout, PollResult, SampleSet } from '#collectors/collector.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { ErrorCode } from '@sotp/contract/errors.ts';
import type { PollOutcome } from '#services/telemetry/ingest.ts';
import type { ConfiguredTarget } from '#services/inventory/targets.ts';
import type { Opened } from './modules.ts';

/** One poll to be made. */
export interface Execution {
  readonly configured: ConfiguredTarget;
  readonly collector: string;
  readonly opened: Opened;
  /** The scheduled instant, epoch ms. */
  readonly at: number;
  readonly budgetMs: number;
  readonly controller: AbortController;
  readonly clock: Clock;
  readonly unleased?: PollOutcome['unleased'];
}

/** Faults that say that the device as a whole gave nothing. */
const UNREACHABLE = new Set<ErrorCode>(['no_answer', 'no_route', 'connection_refused', 'address_unresolvable']);

/** A collector that does not end when told to is left behind after this. */
const LEAVE_BEHIND_MS = 250;

const layouts = new Map<string, Layout>();

/** The series that the runner itself adds to every poll of a collector. */
function ownLayout(collector: string): Layout {
  let layout = layouts.get(collector);
  if (!layout) {
    const labels = { collector };
    layout = {
      series: [
        { metric: 'collector_up', labels, unit: null, kind: 'state' },
        { metric: 'collector_duration_ms', labels, unit: 'ms', kind: 'gauge' },
      ],
    };
    layouts.set(collector, layout);
  }
  return layout;
}

const settingsCache = new WeakMap<object, { readonly module: CollectorModule; readonly settings: unknown }>();

/** The stored settings as the module wants them; checked once as long as the configuration stays the same object. */
function settingsOf(module: CollectorModule, stored: { readonly settings: Record<string, unknown> }): unknown {
  const known = settingsCache.get(stored);
  if (known?.module === module) return known.settings;
  const parsed = module.settings.safeParse(stored.settings);
  if (!parsed.success) {
    throw new AppError('config_invalid', `The settings of the collector "${module.name}" do not fit: save them anew.`, {
      cause: parsed.error,
    });
  }
  settingsCache.set(stored, { module, settings: parsed.data });
  return parsed.data;
}

async function ask(execution: Execution): Promise<PollResult> {
  const { opened, configured, collector, controller, budgetMs, at } = execution;
  if ('error' in opened) throw opened.error;
  const stored = configured.collectors.find((known) => known.name === collector);
  if (!stored) throw new AppError('not_found', `The device has no collector "${collector}".`);
  const settings = settingsOf(opened.module, stored);
  return opened.collector.poll(configured.target, settings, { signal: controller.signal, budgetMs, at });
}

/** Rejects a little after the signal aborts, with its reason. */
function leftBehind(signal: AbortSignal): { readonly promise: Promise<never>; readonly cancel: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => reject(signal.reason), LEAVE_BEHIND_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  promise.catch(() => undefined);
  return {
    promise,
    cancel() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}

/**
 * Makes one poll within its budget and says how it went. Never throws: what the collector throws becomes the run's
 * error. `ended` resolves when the collector has really let go, which a bad one may do later.
 */
export async function execute(execution: Execution): Promise<{ outcome: PollOutcome; ended: Promise<unknown> }> {
  const { configured, collector, controller, budgetMs, clock, at } = execution;
  const startedAt = clock.monotonic();
  const polledAt = clock.now();
  const deadline = setTimeout(() => {
    const seconds = (budgetMs / 1_000).toFixed(1);
    controller.abort(new AppError('deadline_exceeded', `The poll took longer than the ${seconds} s that it may take.`));
  }, budgetMs);
  const asking = ask(execution);
  const ended = asking.catch(() => undefined);
  const behind = leftBehind(controller.signal);
  let result: PollResult | null = null;
  let error: { code: ErrorCode; message: string } | null = null;
  let up = false;
  try {
    result = await Promise.race([asking, behind.promise]);
    const fatal = result.faults.find((fault) => UNREACHABLE.has(fault.code));
    const fault = fatal ?? result.faults[0];
    error = fault ? { code: fault.code, message: fault.message } : null;
    up = fatal === undefined;
  } catch (thrown) {
    const cause = toAppError(thrown);
    error = { code: cause.code, message: cause.message };
  } finally {
    clearTimeout(deadline);
    behind.cancel();
  }
  const durationMs = Math.round((clock.monotonic() - startedAt) * 1_000) / 1_000;
  const own: SampleSet = { layout: ownLayout(collector), values: [up ? 1 : 0, durationMs] };
  const outcome: PollOutcome = {
    deviceId: configured.target.deviceId,
    collectors: configured.collectors,
    ...(execution.unleased && { unleased: execution.unleased }),
    run: { name: collector, up, at, durationMs, error, credentialId: result?.credentialId ?? null },
    result: result
      ? { ...result, samples: [...result.samples, own] }
      : { polledAt, samples: [own], restarted: false, faults: [] },
  };
  return { outcome, ended };
}
