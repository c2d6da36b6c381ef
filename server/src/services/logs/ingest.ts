import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import type { LineSink, ReceivedLine } from '#collectors/listener.ts';
import type { Clock } from '#platform/clock.ts';
import { atMost } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { LogStore, NewLine, PackedLines, SenderStore } from '#stores/logs/logs.ts';
import type { Directory } from './directory.ts';
import { createSenderBook } from './sender-book.ts';
import { createTails } from './tails.ts';

const TICK_MS = 100;
/** Lines wait so long to be packed with others. */
const BATCH_MS = 300;
const BATCH_LINES = 4_096;
/** What may wait for the store: lines as they came, and lines packed. Beyond it lines are dropped and counted. */
const LINES_MAX = 60_000;
const LINE_BYTES_MAX = 48 * 1024 * 1024;
const PACKED_BYTES_MAX = 64 * 1024 * 1024;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5_000;
/** A stop waits no longer for a store that does not answer. */
const STOP_MS = 3_000;
const SENDERS_MS = 10_000;

export interface LogIngestDeps {
  readonly store: LogStore;
  readonly senders: Pick<SenderStore, 'note'>;
  readonly directory: Directory;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/** Takes received lines, finds their devices, tells whoever follows, and makes them durable. */
export interface LogIngest extends LineSink, Component {
  /** Resolves when all that was taken so far is stored or dropped. */
  flush(): Promise<void>;
  counters(): Record<string, number>;
}

export function createLogIngest(deps: LogIngestDeps): LogIngest {
  const { store, directory, bus, clock, log } = deps;
  const tails = createTails({ bus, clock, directory });
  const book = createSenderBook();
  let lines: NewLine[] = [];
  let lineBytes = 0;
  let oldest = 0;
  let packed: PackedLines[] = [];
  let packedBytes = 0;
  let roomy: (() => void)[] = [];
  let stored = 0;
  let unmatched = 0;
  const dropped = { shutdown: 0, refused: 0 };
  let running: Promise<void> | undefined;
  let writing: Promise<void> | undefined;
  let stopping = new AbortController();
  let unsubscribe: (() => Promise<void>) | undefined;
  let sendersAt = 0;

  const crowded = (share: number) =>
    lines.length > LINES_MAX * share || lineBytes > LINE_BYTES_MAX * share || packedBytes > PACKED_BYTES_MAX * share;

  function pack(): void {
    if (lines.length === 0) return;
    const batch = lines.length > BATCH_LINES * 2 ? lines.splice(0, BATCH_LINES) : lines;
    if (batch === lines) lines = [];
    for (const line of batch) lineBytes -= line.raw.length;
    for (const block of store.pack(batch)) {
      packed.push(block);
      packedBytes += block.bytes;
    }
    oldest = clock.monotonic();
  }

  /** Writes what is packed, oldest first, until there is nothing left; waits where the store is away. */
  async function drain(signal: AbortSignal): Promise<void> {
    for (let wait = RETRY_FIRST_MS; packed.length > 0 && !signal.aborted;) {
      const batch = packed.slice(0, 16);
      try {
        await store.write(batch);
        for (const block of batch) stored += block.lines;
        wait = RETRY_FIRST_MS;
      } catch (error) {
        const retryable = error instanceof AppError && error.retryable;
        if (retryable) {
          if (wait === RETRY_FIRST_MS) log.warn('lines wait, since the database does not take them');
          await clock.sleep(wait, signal).catch(() => undefined);
          wait = Math.min(RETRY_MAX_MS, wait * 2);
          continue;
        }
        log.error({ err: error }, 'the database refused lines, which are lost');
        for (const block of batch) dropped.refused += block.lines;
      }
      packed = packed.slice(batch.length);
      for (const block of batch) packedBytes -= block.bytes;
      if (!crowded(0.3)) for (const resolve of roomy.splice(0)) resolve();
    }
  }

  function startWriting(): void {
    if (packed.length === 0 || writing) return;
    writing = drain(stopping.signal).finally(() => {
      writing = undefined;
    });
  }

  async function noteSenders(now: number): Promise<void> {
    if (now - sendersAt < SENDERS_MS) return;
    sendersAt = now;
    // Who sends what is a help, not a record: counts that cannot be written are given up.
    await deps.senders.note(book.take()).catch(() => undefined);
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const now = clock.monotonic();
      if (tails.any) tails.tell();
      if (lines.length > 0 && now - oldest >= BATCH_MS && packedBytes < PACKED_BYTES_MAX) pack();
      startWriting();
      if (roomy.length > 0 && !crowded(0.3)) for (const resolve of roomy.splice(0)) resolve();
      void noteSenders(now);
    }
  }

  return {
    name: 'log ingest',
    get full() {
      return crowded(0.5);
    },
    take({ source, receivedAt, sender, raw, truncated, content }: ReceivedLine) {
      if (crowded(1)) return false;
      const deviceId = directory.match(sender, content.host);
      const line: NewLine = {
        source,
        receivedAt,
        at: content.at,
        deviceId,
        sender,
        facility: content.facility,
        severity: content.severity,
        host: content.host,
        app: content.app,
        procId: content.procId,
        msgId: content.msgId,
        fields: content.fields,
        parseError: content.parseError,
        truncated,
        body: content.body,
        raw,
      };
      if (lines.length === 0) oldest = clock.monotonic();
      lines.push(line);
      lineBytes += raw.length;
      if (deviceId === 0) {
        unmatched++;
        book.note(line);
      }
      if (tails.any) tails.offer(line, content.text);
      if (lines.length >= BATCH_LINES && packedBytes < PACKED_BYTES_MAX) {
        pack();
        startWriting();
      }
      return true;
    },
    whenRoom: () =>
      new Promise((resolve) => {
        roomy.push(resolve);
      }),
    async flush() {
      while (lines.length > 0) pack();
      startWriting();
      await writing;
    },
    async start() {
      stopping = new AbortController();
      unsubscribe = await bus.subscribe(BUS_TOPICS.logTails, (message) => tails.note(message));
      running = loop(stopping.signal);
    },
    async stop() {
      await unsubscribe?.();
      await atMost(clock, STOP_MS, this.flush());
      stopping.abort();
      await running;
      await writing;
      await deps.senders.note(book.take()).catch(() => undefined);
      for (const block of packed) dropped.shutdown += block.lines;
      if (dropped.shutdown > 0) log.error({ lines: dropped.shutdown }, 'lines were lost, since the database is away');
      packed = [];
    },
    counters: () => ({
      syslog_stored_total: stored,
      'syslog_dropped_total{reason="shutdown"}': dropped.shutdown,
      'syslog_dropped_total{reason="refused"}': dropped.refused,
      syslog_unmatched_total: unmatched,
      syslog_waiting_lines: lines.length + packed.reduce((sum, block) => sum + block.lines, 0),
      syslog_waiting_bytes: lineBytes + packedBytes,
      syslog_tails: tails.any ? 1 : 0,
    }),
  };
}
