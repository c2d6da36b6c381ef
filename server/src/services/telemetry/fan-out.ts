import type { Bus } from '#bus/bus.ts';

type Handler = (message: unknown) => void;

interface Topic {
  readonly handlers: Set<Handler>;
  readonly open: Promise<() => Promise<void>>;
}

/** One subscription on the bus for all in this process who listen to the same topic. */
export interface FanOut {
  subscribe(topic: string, handler: Handler): Promise<() => void>;
  close(): Promise<void>;
}

export function createFanOut(bus: Bus): FanOut {
  const topics = new Map<string, Topic>();

  function leave(name: string, topic: Topic, handler: Handler): void {
    topic.handlers.delete(handler);
    if (topic.handlers.size > 0 || topics.get(name) !== topic) return;
    topics.delete(name);
    topic.open.then((close) => close()).catch(() => undefined);
  }

  return {
    async subscribe(name, handler) {
      let topic = topics.get(name);
      if (!topic) {
        const handlers = new Set<Handler>();
        const open = bus.subscribe(name, (message) => {
          for (const each of handlers) each(message);
        });
        topic = { handlers, open };
        topics.set(name, topic);
      }
      // The same function may listen twice and leave once.
      const own: Handler = (message) => handler(message);
      topic.handlers.add(own);
      const joined = topic;
      try {
        await joined.open;
      } catch (error) {
        leave(name, joined, own);
        throw error;
      }
      return () => leave(name, joined, own);
    },
    async close() {
      const open = [...topics.values()];
      topics.clear();
      await Promise.allSettled(open.map(async (topic) => (await topic.open)()));
    },
  };
}
