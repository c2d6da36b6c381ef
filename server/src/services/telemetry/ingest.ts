import type { DeviceEvent } from '@sotp/contract/live.ts';
import type { PollResult } from '#collectors/collector.ts';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { noTracing } from '#platform/tracing.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { CredentialAnswerStore } from '#stores/credentials/credentials.ts';
import type { CollectorRun, DeviceStore } from '#stores/devices/devices.ts';
import type { PortStore } from '#stores/ports/ports.ts';
import type { BatchOrigin, MetricStore, PollRow } from '#stores/metrics/metrics.ts';
import { createAnswerBook } from './answer-book.ts';
import { createFactsFilter } from './facts-filter.ts';
import { createFactsWriter, eachDevice } from './facts-writer.ts';
import { createInterestBook, samplesTopic } from './live.ts';
import { createPortBook } from './port-book.ts';
import { DeviceChanged } from './polls.ts';
import { samplesEvent } from './samples-event.ts';
import type { Batch, FactsRecord, RunRecord, SampleSpool } from './spool.ts';
import { createStateBook } from './state-book.ts';
import { createTracedBatches } from './traced.ts';

/** One poll as the runner saw it: its result, or the error in `run`. */
export interface PollOutcome {
  readonly deviceId: number;
  /** The device's collectors with their intervals, for the status and how long it holds. */
  readonly collectors: readonly { readonly name: string; readonly intervalSeconds: number }[];
  readonly run: CollectorRun;
  readonly result: PollResult | null;
  /** Set when it was begun although the leases could not be renewed; see `Batch.unleased`. */
  readonly unleased?: Batch['unleased'];
}

/**
 * Takes outcomes from runners and makes them durable: samples to the metric store, facts and state to the device
 * store, news to the bus. Batches by size and time; never blocks a poll, and keeps what the database cannot take now.
 */
export interface Ingest {
  record(outcome: PollOutcome): void;
  /** Resolves when all that was recorded so far is durable or given to the spool. */
  flush(): Promise<void>;
}

export interface IngestDeps {
  readonly devices: DeviceStore;
  readonly metrics: MetricStore;
  readonly answers: Pick<CredentialAnswerStore, 'note'>;
  readonly ports: PortStore;
  readonly bus: Bus;
  readonly spool: SampleSpool;
  readonly clock: Clock;
  /** Epoch ms of the clock that slots are counted by. */
  readonly now: () => number;
  readonly log: Log;
  /** The present terms of all partitions, and the partition of a device. */
  readonly terms?: () => Promise<NonNullable<Batch['unleased']>>;
  readonly partitionOf?: () => Promise<(deviceId: number) => number>;
  readonly batchMs?: number;
  readonly batchRows?: number;
  readonly tracing?: Tracing;
}

export interface RunningIngest extends Ingest, Component {
  /** Takes a row of the canary on the same way; it is no sample that anybody counts. */
  recordCanary(row: PollRow): void;
  /** Somebody else polls the device from now on: its next reading here counts as a first one. */
  forget(deviceId: number): void;
  counters(): Record<string, number>;
}

const BATCH_MS = 250;
const BATCH_ROWS = 2_000;
/** More than a batch ever has rows. */
const ROWS_PER_BATCH = 100_000;

export function createIngest(deps: IngestDeps): RunningIngest {
  const { devices, metrics, bus, spool, clock, log, tracing = noTracing } = deps;
  const batchMs = deps.batchMs ?? BATCH_MS;
  const batchRows = deps.batchRows ?? BATCH_ROWS;
  const traced = createTracedBatches(spool, tracing);
  const interest = createInterestBook(clock);
  const filter = createFactsFilter(clock);
  const states = createStateBook({ devices, bus, now: deps.now });
  const answerBook = createAnswerBook(deps.answers);
  const portBook = createPortBook(deps);
  const writer = createFactsWriter({ devices, bus, log, refused: (deviceId) => filter.forget(deviceId) });
  const counters = {
    samples_received_total: 0,
    samples_stored_total: 0,
    infinite: 0,
    refused: 0,
    takenOver: 0,
  };
  let rows: PollRow[] = [];
  let runs: RunRecord[] = [];
  let facts: FactsRecord[] = [];
  let unleased: Batch['unleased'];
  let timer: NodeJS.Timeout | undefined;
  let openedAt = 0;
  let unsubscribe: (() => Promise<void>)[] = [];

  function close(): void {
    clearTimeout(timer);
    timer = undefined;
    if (runs.length === 0 && rows.length === 0) return;
    const batch: Batch = { rows, runs, facts, ...(unleased && { unleased }) };
    unleased = undefined;
    rows = [];
    runs = [];
    facts = [];
    void traced.append(batch);
  }

  /** The store refuses a batch with an infinity in it; here it costs the one value. */
  function finite(values: PollRow['values']): PollRow['values'] {
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
        values[i] = Number.NaN;
        counters.infinite++;
      }
    }
    return values;
  }

  function take(outcome: PollOutcome, result: PollResult): void {
    const { deviceId, run } = outcome;
    for (const { layout, values } of result.samples) {
      counters.samples_received_total += values.length;
      const { polledAt, restarted } = result;
      rows.push({ deviceId, at: run.at, polledAt, restarted, layout, values: finite(values) });
    }
    const topic = samplesTopic(deviceId);
    const watched = interest.has(topic);
    if (watched) bus.publish(topic, samplesEvent({ deviceId, collector: run.name, at: run.at }, result));
    const { partial = [] } = result;
    const news = result.facts && filter.news(deviceId, result.facts, watched, partial);
    if (!news) return;
    const onlyUptime = filter.onlyUptime(deviceId) && partial.length === 0;
    facts.push({
      deviceId,
      at: run.at,
      facts: news,
      ...(partial.length > 0 && { partial }),
      ...(onlyUptime && { onlyUptime }),
    });
  }

  async function writeRows(batch: Batch, origin: BatchOrigin): Promise<void> {
    try {
      const stored = await metrics.write(batch.rows, origin);
      if (!stored && origin.also) throw new AppError('internal', 'Of the joined batches some are stored already.');
    } catch (thrown) {
      // Each by itself then, by whoever joined them.
      if (origin.also) throw thrown;
      const error = toAppError(thrown);
      if (error.retryable || error.code === 'database_unavailable') throw error;
      log.error(
        { err: error.message, rows: batch.rows.length },
        'the store refuses a batch; trying its rows one by one',
      );
      for (const [i, row] of batch.rows.entries()) {
        // Each with an origin of its own: should the store go away in the middle, none is stored twice.
        const own = { source: `${origin.source}/row`, sequence: origin.sequence * ROWS_PER_BATCH + i };
        await metrics.write([row], own).catch((again: unknown) => {
          if (toAppError(again).retryable) throw again;
          const samples = row.deviceId > 0 ? row.values.length : 0;
          counters.refused += samples;
          counters.samples_stored_total -= samples;
        });
      }
    }
    for (const row of batch.rows) if (row.deviceId > 0) counters.samples_stored_total += row.values.length;
  }

  /** Without what somebody else polled in our place while this process was cut off. */
  async function withoutTakenOver(batch: Batch): Promise<Batch> {
    const { terms, partitionOf } = deps;
    if (!batch.unleased || !terms || !partitionOf) return batch;
    const now = new Map((await terms()).map(({ partition, term }) => [partition, term]));
    const lost = new Set(
      batch.unleased.filter((was) => now.get(was.partition) !== was.term).map((was) => was.partition),
    );
    if (lost.size === 0) return batch;
    const partition = await partitionOf();
    // The canary is polled by nobody else.
    const ours = ({ deviceId }: { readonly deviceId: number }) => deviceId === 0 || !lost.has(partition(deviceId));
    for (const row of batch.rows) if (!ours(row)) counters.takenOver += row.values.length;
    return { rows: batch.rows.filter(ours), runs: batch.runs.filter(ours), facts: batch.facts.filter(ours) };
  }

  /** A reading that cannot be applied costs its ports their new labels, not the batch its samples. */
  async function observePorts(batch: Batch): Promise<void> {
    await eachDevice(batch.facts, async (record) => {
      try {
        await portBook.observe([record]);
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.retryable || error.code === 'database_unavailable') throw error;
        log.error({ device: record.deviceId, err: error.message }, 'the ports of a device cannot be recognised');
      }
    });
  }

  /** What was read before says nothing any more: the device was changed, or was polled elsewhere meanwhile. */
  function forget(deviceId: number): void {
    filter.forget(deviceId);
    portBook.forget(deviceId);
  }

  async function store(spooled: Batch, origin: BatchOrigin): Promise<void> {
    const batch = await withoutTakenOver(spooled);
    await observePorts(batch);
    await writeRows(batch, origin);
    await states.write(batch.runs);
    await answerBook.write(batch.runs);
    await writer.write(batch.facts);
    for (const { deviceId } of batch.runs) {
      if (!interest.has(samplesTopic(deviceId))) continue;
      const event: DeviceEvent = { deviceId: String(deviceId), change: 'polled' };
      bus.publish(BUS_TOPICS.devices, event);
    }
  }

  return {
    name: 'ingest',
    forget,
    record(outcome) {
      const { deviceId, collectors, run, result } = outcome;
      unleased ??= outcome.unleased;
      traced.notePoll();
      states.note({ deviceId, collectors, run });
      runs.push({
        deviceId,
        collectors: collectors.map(({ name, intervalSeconds }) => ({ name, intervalSeconds })),
        run,
      });
      if (result) take(outcome, result);
      if (timer === undefined) openedAt = clock.monotonic();
      timer ??= setTimeout(close, batchMs);
      // In a process that has much to do the timer is late.
      if (rows.length >= batchRows || clock.monotonic() - openedAt >= batchMs) close();
    },
    recordCanary(row) {
      rows.push(row);
      timer ??= setTimeout(close, batchMs);
    },
    async flush() {
      close();
      await spool.flush();
    },
    async start() {
      unsubscribe = [
        await bus.subscribe(BUS_TOPICS.interest, (message) => interest.note(message)),
        await bus.subscribe(BUS_TOPICS.deviceChanged, (message) => {
          const parsed = DeviceChanged.safeParse(message);
          if (!parsed.success) return;
          states.forget(parsed.data.deviceId);
          answerBook.forget(parsed.data.deviceId);
          forget(parsed.data.deviceId);
        }),
      ];
      await spool.start((batch, origin) => traced.deliver(batch, () => store(batch, origin)));
    },
    async stop() {
      close();
      await spool.stop();
      for (const end of unsubscribe) await end();
      unsubscribe = [];
    },
    counters() {
      const { infinite, refused, takenOver, ...plain } = counters;
      return {
        ...plain,
        ...writer.counters(),
        ...spool.counters(),
        'samples_dropped_total{reason="infinite"}': infinite,
        'samples_dropped_total{reason="refused"}': refused,
        'samples_dropped_total{reason="taken_over"}': takenOver,
        ingest_devices: states.size(),
      };
    },
  };
}
