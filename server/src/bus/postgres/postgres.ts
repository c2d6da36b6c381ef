import type { Bus } from '#bus/bus.ts';
import type { Log } from '#platform/log.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { channelOf, packMessages, unpackMessages } from './envelope.ts';
import type { Envelope, Message } from './envelope.ts';
import { createListener } from './listener.ts';

/** What waits for the database at most; beyond it the oldest go, as "at most once" allows. */
const MAX_WAITING = 10_000;
const SWEEP_EVERY_MS = 5_000;
/** Names a row of bus_message instead of carrying messages. */
const SPILLED = '@';
/**
 * Notifies in the order given, in one statement; what is too long goes through the table, under an id. Nobody waits for
 * the disk: news that a crash takes with it had nobody left to read them.
 */
const SEND = `
  with given as (
    select channel, payload, large, n, row_number() over (partition by large order by n) as k
    from unnest($1::text[], $2::text[], $3::bool[]) with ordinality as t (channel, payload, large, n)
  ), spilled as (
    insert into bus_message (messages) select payload from given where large order by n returning id
  ), named as (
    select id, row_number() over (order by id) as k from spilled
  )
  select set_config('synchronous_commit', 'off', true),
    pg_notify(channel, case when large then '${SPILLED}' || id else payload end)
  from given left join named on large and named.k = given.k
  order by n`;

export interface PostgresBusDeps {
  readonly pg: Postgres;
  readonly log: Log;
}

/** The bus over LISTEN/NOTIFY. What is published while a batch is on its way goes together in the next one. */
export function createPostgresBus({ pg, log }: PostgresBusDeps): Bus & { dropped(): number } {
  const handlers = new Map<string, Set<(message: unknown) => void>>();
  const gapHandlers = new Set<() => void>();
  let waiting: Message[] = [];
  let sending: Promise<void> | undefined;
  let dropped = 0;
  let sweptAt = 0;
  let sweeping: Promise<void> | undefined;
  let closed = false;
  // Payloads are handled one after the other, so that a spilled one does not overtake those behind it.
  let receiving: Promise<void> = Promise.resolve();

  function deliver(payload: string): void {
    for (const [topic, message] of unpackMessages(payload)) {
      for (const handler of handlers.get(topic) ?? []) {
        try {
          handler(message);
        } catch (error) {
          log.error({ err: error, topic }, 'a handler of the bus failed');
        }
      }
    }
  }

  async function receive(payload: string): Promise<void> {
    if (!payload.startsWith(SPILLED)) {
      deliver(payload);
      return;
    }
    try {
      const { rows } = await pg.query<{ messages: string }>('select messages from bus_message where id = $1', [
        payload.slice(SPILLED.length),
      ]);
      if (rows[0]) deliver(rows[0].messages);
    } catch (error) {
      log.warn({ err: String(error) }, 'a long message of the bus could not be fetched');
    }
  }

  const listener = createListener({
    pg,
    log,
    onPayload: (payload) => {
      receiving = receiving.then(() => receive(payload));
    },
    onGap: () => {
      for (const handler of gapHandlers) handler();
    },
  });

  /** Nobody waits for it: what is swept may be megabytes. Never two at once, which would only wait for each other. */
  function sweep(): void {
    if (sweeping || (performance.now() - sweptAt < SWEEP_EVERY_MS && sweptAt !== 0)) return;
    sweptAt = performance.now();
    sweeping = pg
      .query(`delete from bus_message where created_at < now() - interval '1 minute'`)
      .catch(() => undefined)
      .then(() => (sweeping = undefined));
  }

  async function send(envelopes: readonly Envelope[]): Promise<void> {
    await pg.query(
      SEND,
      [envelopes.map((one) => one.channel), envelopes.map((one) => one.payload), envelopes.map((one) => one.large)],
      'bus-send',
    );
    if (envelopes.some(({ large }) => large)) sweep();
  }

  async function drain(): Promise<void> {
    // One turn of the event loop, so that what is published together goes together.
    await new Promise((resolve) => void setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await send(packMessages(batch));
      } catch (error) {
        if (dropped === 0) log.warn({ err: String(error) }, 'messages of the bus are dropped: the database is away');
        dropped += batch.length;
      }
    }
    sending = undefined;
  }

  return {
    publish(topic, message) {
      if (closed) return;
      waiting.push({ topic, json: JSON.stringify(message) ?? 'null' });
      // Cut in halves, because to cut one by one would copy all the others each time.
      if (waiting.length >= 2 * MAX_WAITING) {
        waiting = waiting.slice(-MAX_WAITING);
        dropped += MAX_WAITING;
      }
      sending ??= drain();
    },
    async subscribe(topic, handler) {
      const known = handlers.get(topic) ?? new Set();
      handlers.set(topic, known.add(handler));
      try {
        await listener.listen(channelOf(topic));
      } catch (error) {
        known.delete(handler);
        throw error;
      }
      return async () => {
        known.delete(handler);
        if (known.size > 0 || handlers.get(topic) !== known) return;
        handlers.delete(topic);
        const channel = channelOf(topic);
        if (![...handlers.keys()].some((other) => channelOf(other) === channel)) await listener.unlisten(channel);
      };
    },
    onGap(handler) {
      gapHandlers.add(handler);
    },
    async flush() {
      await sending;
    },
    async close() {
      closed = true;
      await sending;
      await sweeping;
      await listener.close();
      await receiving;
    },
    dropped: () => dropped,
  };
}
