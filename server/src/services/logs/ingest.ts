import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import type { BatchOrigin } from '#domain/batch-origin.ts';
import type { LineSink, ReceivedLine } from '#collectors/listener.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import { isRecorded, noTracing } from '#platform/tracing.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { Spool } from '#services/spool/spool.ts';
import type { LogStore, NewLine, SenderStore } from '#stores/logs/logs.ts';
import type { Directory } from './directory.ts';
import type { LineCounts } from './line-counts.ts';
import { createSenderBook } from './sender-book.ts';
import type { LineBatch } from './spool.ts';
import { createTails } from './tails.ts';

/** How often is looked while somebody follows lines, or waits for room. */
const TICK_MS = 50;
/** Lines wait so long to be packed with others. */
const BATCH_MS = 250;
const BATCH_LINES = 4_096;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Above this load of the spool senders are held back who can be, and below the other let go on. */
const FULL = 0.9;
const ROOMY = 0.8;
/** Who wants to know that his line is durable waits so long for others who want the same. */
const TOGETHER_MS = 10;
const SENDERS_MS = 10_000;

export interface LogIngestDeps {
  readonly store: LogStore;
  /** Of batches that `createLineCodec` makes bytes of. */
  readonly spool: Spool<LineBatch>;
  readonly counts?: Pick<LineCounts, 'asks' | 'count' | 'offer'>;
  readonly senders: Pick<SenderStore, 'note'>;
  readonly directory: Directory;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly tracing?: Tracing;
  /** What its counters begin with; `syslog` unless said otherwise. */
  readonly counted?: string;
  /** Has a device polled at once, because of what it has said. */
  readonly pollSoon?: (deviceId: number) => void;
}

/** Takes received lines, finds their devices, tells whoever follows, and makes them durable. */
export interface LogIngest extends LineSink, Component {
  /** Takes lines of the canary on the same way; nobody counts them. They are dropped when there is no room. */
  takeCanary(lines: readonly NewLine[]): void;
  counters(): Record<string, number>;
}

export function createLogIngest(deps: LogIngestDeps): LogIngest {
  const { store, spool, counts, directory, bus, clock, tracing = noTracing, counted = 'syslog' } = deps;
  const refused = `${counted}_dropped_total{reason="store_refused"}`;
  const tails = createTails({ bus, clock, directory });
  const book = createSenderBook();
  const packer = store.packer();
  let canaries: NewLine[] = [];
  let oldest = 0;
  /** How full the spool was at the last look. */
  let load = 0;
  let roomy: (() => void)[] = [];
  let durability: Promise<void> | undefined;
  const places = new WeakMap<LineBatch, string>();
  const tally = { stored: 0, unmatched: 0, refused: 0 };
  let running: Promise<void> = Promise.resolve();
  let stopping = new AbortController();
  let unsubscribe: (() => Promise<void>) | undefined;
  let sendersAt = 0;
  /** Ends the rest of the loop. */
  let wake: () => void = () => undefined;

  /** Lines begin to wait. */
  function begin(): void {
    if (packer.lines > 0 || canaries.length > 0) return;
    oldest = clock.monotonic();
    wake();
  }

  /** How long there is nothing to do, as things are: to be woken for nothing is what an idle process spends its time on. */
  function restMs(): number {
    if (tails.any || roomy.length > 0 || load >= ROOMY) return TICK_MS;
    if (packer.lines > 0 || canaries.length > 0) return Math.max(0, oldest + BATCH_MS - clock.monotonic());
    return SENDERS_MS;
  }

  async function rest(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    wake = () => woken.abort();
    await clock.sleep(restMs(), AbortSignal.any([signal, woken.signal])).catch(() => undefined);
  }

  function look(): void {
    load = spool.load;
    if (load < ROOMY) for (const resolve of roomy.splice(0)) resolve();
  }

  function pack(): void {
    if (packer.lines === 0 && canaries.length === 0) return;
    for (const line of canaries) packer.add(line);
    canaries = [];
    if (tracing.on) void appendTraced(packer.lines);
    else void spool.append(packer.take());
    look();
  }

  /** A batch that is read back from disk has lost what it was a part of: its bytes do not tell. */
  async function appendTraced(count: number): Promise<void> {
    await tracing.span(
      `${counted} batch`,
      (span) => {
        const packed = packer.take();
        if (isRecorded(span.place)) places.set(packed, span.place);
        return spool.append(packed);
      },
      { facts: { lines: count } },
    );
  }

  function deliver(batch: LineBatch, origin: BatchOrigin): Promise<void> {
    const from = places.get(batch);
    if (from === undefined) return write(batch, origin);
    return tracing.span('deliver batch', () => write(batch, origin), { kind: 'consumer', from });
  }

  async function write(batch: LineBatch, origin: BatchOrigin): Promise<void> {
    const refused = await store.write(batch, origin);
    let all = 0;
    for (const block of batch) if (!block.canary) all += block.lines;
    tally.stored += Math.max(0, all - refused);
    tally.refused += refused;
  }

  async function noteSenders(now: number): Promise<void> {
    if (now - sendersAt < SENDERS_MS) return;
    sendersAt = now;
    // Who sends what is a help, not a record: counts that cannot be written are given up.
    await deps.senders.note(book.take()).catch(() => undefined);
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await rest(signal);
      if (signal.aborted) return;
      const now = clock.monotonic();
      if (tails.any) tails.tell();
      if (now - oldest >= BATCH_MS) pack();
      look();
      void noteSenders(now);
    }
  }

  async function makeDurable(): Promise<void> {
    await clock.sleep(TOGETHER_MS, stopping.signal).catch(() => undefined);
    durability = undefined;
    pack();
    await spool.sync();
  }

  return {
    name: 'log ingest',
    get full() {
      return load > FULL;
    },
    take({ source, receivedAt, sender, origin, pollSoon, raw, truncated, content }: ReceivedLine) {
      if (load >= 1) return false;
      const deviceId = directory.match(sender, content.host, origin);
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
      begin();
      packer.add(line);
      if (deviceId === 0) {
        tally.unmatched++;
        book.note(line);
      } else counts?.count(deviceId, line.severity);
      if (tails.any || counts?.asks) {
        const asked = { ...line, text: content.text };
        tails.offer(line, asked);
        if (deviceId !== 0) counts?.offer(asked);
      }
      if (pollSoon && deviceId !== 0) deps.pollSoon?.(deviceId);
      if (packer.lines >= BATCH_LINES || packer.bytes >= BATCH_BYTES) pack();
      return true;
    },
    takeCanary(more) {
      if (load >= 1) return;
      begin();
      canaries.push(...more);
    },
    whenRoom: () =>
      new Promise((resolve) => {
        roomy.push(resolve);
        wake();
      }),
    durable: () => (durability ??= makeDurable()),
    async start() {
      stopping = new AbortController();
      unsubscribe = await bus.subscribe(BUS_TOPICS.logTails, (message) => {
        tails.note(message);
        if (tails.any) wake();
      });
      await spool.start(deliver);
      running = loop(stopping.signal);
    },
    async stop() {
      await unsubscribe?.();
      stopping.abort();
      await running;
      pack();
      await spool.stop();
      await deps.senders.note(book.take()).catch(() => undefined);
    },
    counters() {
      const { [refused]: givenUp = 0, ...rest } = spool.counters();
      return {
        ...rest,
        [refused]: givenUp + tally.refused,
        [`${counted}_stored_total`]: tally.stored,
        [`${counted}_unmatched_total`]: tally.unmatched,
        [`${counted}_waiting_lines`]: packer.lines,
        [`${counted}_waiting_bytes`]: packer.bytes,
        [`${counted}_tails`]: tails.any ? 1 : 0,
      };
    },
  };
}
