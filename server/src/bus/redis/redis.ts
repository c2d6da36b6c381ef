import { Cluster } from 'ioredis';
import type { Bus } from '#bus/bus.ts';
import type { Log } from '#platform/log.ts';
import type { RedisClient, RedisConnections } from '#stores/redis/redis.ts';

/** What waits for Redis at most; beyond it the oldest go, as "at most once" allows. */
const MAX_WAITING = 10_000;
/** A message of this many octets and more goes alone. */
const MAX_BATCH_BYTES = 256 * 1_024;
/** A subscriber that cannot reach Redis goes on after this: its channels are taken up, and a gap told, when it can. */
const SUBSCRIBE_PATIENCE_MS = 2_000;
/** How often a process listens for itself, to notice a connection that is gone without saying so. */
const ECHO_EVERY_MS = 5_000;
const SILENT_AFTER_MS = 3 * ECHO_EVERY_MS;

interface Message {
  readonly topic: string;
  readonly json: string;
}

export interface RedisBusDeps {
  readonly redis: RedisConnections;
  readonly log: Log;
}

/** Messages, in order, as few publications as possible: an array of messages for each run of the same topic. */
export function toPublications(messages: readonly Message[]): { topic: string; payload: string }[] {
  const publications: { topic: string; payload: string }[] = [];
  let parts: string[] = [];
  let bytes = 0;
  for (const [i, { topic, json }] of messages.entries()) {
    parts.push(json);
    bytes += json.length;
    if (messages[i + 1]?.topic === topic && bytes < MAX_BATCH_BYTES) continue;
    publications.push({ topic, payload: `[${parts.join(',')}]` });
    parts = [];
    bytes = 0;
  }
  return publications;
}

function messagesOf(payload: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(payload);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** Sharded in a cluster, where plain publications take different ways and overtake each other. */
function channelsOf(redis: RedisConnections, client: RedisClient) {
  const base = `${redis.prefix}:bus:`;
  const sharded = client instanceof Cluster;
  return {
    topicOf: (channel: string) => channel.slice(base.length),
    event: sharded ? 'smessage' : 'message',
    publish: (to: RedisClient, topic: string, payload: string) =>
      sharded ? to.spublish(base + topic, payload) : to.publish(base + topic, payload),
    subscribe: (topic: string) => (sharded ? client.ssubscribe(base + topic) : client.subscribe(base + topic)),
    unsubscribe: (topic: string) => (sharded ? client.sunsubscribe(base + topic) : client.unsubscribe(base + topic)),
  };
}

/** The bus over publish and subscribe of Redis: one channel a topic. What is published meanwhile goes together. */
export function createRedisBus({ redis, log }: RedisBusDeps): Bus & { dropped(): number } {
  const handlers = new Map<string, Set<(message: unknown) => void>>();
  const gapHandlers = new Set<() => void>();
  const echoTopic = `echo/${crypto.randomUUID()}`;
  let waiting: Message[] = [];
  let sending: Promise<void> | undefined;
  let subscriber: { client: RedisClient; channels: ReturnType<typeof channelsOf> } | undefined;
  let echoTimer: NodeJS.Timeout | undefined;
  let heardAt = 0;
  let silent = false;
  let dropped = 0;
  let closed = false;

  function tellGap(): void {
    for (const handler of gapHandlers) handler();
  }

  function deliver(topic: string, payload: string): void {
    if (topic === echoTopic) {
      heardAt = performance.now();
      if (silent) tellGap();
      silent = false;
      return;
    }
    for (const message of messagesOf(payload)) {
      for (const handler of handlers.get(topic) ?? []) {
        try {
          handler(message);
        } catch (error) {
          log.error({ err: error, topic }, 'a handler of the bus failed');
        }
      }
    }
  }

  /** Silence means that messages are missed, whatever the connection says of itself. */
  function echo(): void {
    silent ||= performance.now() - heardAt > SILENT_AFTER_MS;
    publish(echoTopic, 0);
  }

  function openSubscriber(): NonNullable<typeof subscriber> {
    if (subscriber) return subscriber;
    const client = redis.connect('patient');
    const channels = channelsOf(redis, client);
    subscriber = { client, channels };
    client.on(channels.event, (channel: string, payload: string) => deliver(channels.topicOf(channel), payload));
    // A lost connection subscribes again by itself; the next echo comes after that, so it ends the gap.
    for (const event of ['close', '-node', 'node error']) client.on(event, () => (silent = true));
    heardAt = performance.now();
    void Promise.resolve(channels.subscribe(echoTopic)).catch(() => undefined);
    client.on('ready', () => setTimeout(echo, 100).unref());
    echoTimer = setInterval(echo, ECHO_EVERY_MS).unref();
    return subscriber;
  }

  async function drain(): Promise<void> {
    // One turn of the event loop, so that what is published together goes together.
    await new Promise((resolve) => void setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const client = redis.shared();
      const { publish: send } = channelsOf(redis, client);
      const sent = await Promise.allSettled(
        toPublications(batch).map(({ topic, payload }) => send(client, topic, payload)),
      );
      const failed = sent.find((one) => one.status === 'rejected');
      if (failed) {
        if (dropped === 0) log.warn({ err: String(failed.reason) }, 'messages of the bus are dropped: Redis is away');
        dropped += batch.length;
      }
    }
    sending = undefined;
  }

  function publish(topic: string, message: unknown): void {
    if (closed) return;
    waiting.push({ topic, json: JSON.stringify(message) ?? 'null' });
    // Cut in halves, because to cut one by one would copy all the others each time.
    if (waiting.length >= 2 * MAX_WAITING) {
      waiting = waiting.slice(-MAX_WAITING);
      dropped += MAX_WAITING;
    }
    sending ??= drain();
  }

  return {
    publish,
    async subscribe(topic, handler) {
      const { channels } = openSubscriber();
      const known = handlers.get(topic) ?? new Set();
      handlers.set(topic, known.add(handler));
      if (known.size === 1) {
        const subscribing = Promise.resolve(channels.subscribe(topic));
        let timer: NodeJS.Timeout | undefined;
        const patience = new Promise<void>((resolve) => {
          timer = setTimeout(() => {
            silent = true;
            resolve();
          }, SUBSCRIBE_PATIENCE_MS);
        });
        await Promise.race([subscribing, patience]).finally(() => clearTimeout(timer));
        subscribing.catch((error: unknown) => log.debug({ err: error, topic }, 'a subscription failed'));
      }
      return async () => {
        known.delete(handler);
        if (known.size > 0 || handlers.get(topic) !== known) return;
        handlers.delete(topic);
        void Promise.resolve(channels.unsubscribe(topic)).catch(() => undefined);
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
      clearInterval(echoTimer);
      subscriber?.client.disconnect();
    },
    dropped: () => dropped,
  };
}
