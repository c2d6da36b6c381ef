import { ServerMessage, type ClientMessage, type Topic } from '@sotp/contract/live.ts';

export type LiveState = 'connecting' | 'live' | 'stale';

export interface Subscription {
  readonly topic: Topic;
  readonly filter?: Record<string, string>;
  onData(data: unknown): void;
  /** Events were lost, so many, or nobody knows how many since the connection was new: fetch what matters again. */
  onGap?(missed: number | null): void;
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/** One WebSocket for the whole page: reconnects with back-off, subscribes anew, and says when it is not live. */
export function createLive(url: () => string) {
  const subscriptions = new Map<string, Subscription>();
  const watchers = new Set<() => void>();
  let socket: WebSocket | undefined;
  let state: LiveState = 'connecting';
  let retryMs = FIRST_RETRY_MS;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let nextId = 1;
  let opened = false;

  function become(next: LiveState): void {
    if (state === next) return;
    state = next;
    for (const watch of watchers) watch();
  }

  function send(message: ClientMessage): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function subscribeMessage(id: string, { topic, filter }: Subscription): ClientMessage {
    return { type: 'subscribe', id, topic, ...(filter ? { filter } : {}) };
  }

  function connect(): void {
    clearTimeout(retry);
    retry = undefined;
    const mine = new WebSocket(url());
    socket = mine;
    mine.addEventListener('open', () => {
      retryMs = FIRST_RETRY_MS;
      become('live');
      for (const [id, subscription] of subscriptions) {
        send(subscribeMessage(id, subscription));
        if (opened) subscription.onGap?.(null);
      }
      opened = true;
    });
    mine.addEventListener('message', ({ data }) => {
      const message = ServerMessage.safeParse(JSON.parse(String(data)));
      if (!message.success || message.data.id === null) return;
      const subscription = subscriptions.get(message.data.id);
      if (message.data.type === 'event') subscription?.onData(message.data.data);
      else if (message.data.type === 'gap') subscription?.onGap?.(message.data.dropped);
    });
    mine.addEventListener('close', () => {
      if (socket !== mine) return;
      socket = undefined;
      become('stale');
      if (subscriptions.size === 0 && watchers.size === 0) return;
      retry = setTimeout(connect, retryMs * (0.75 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    });
  }

  function ensure(): void {
    if (socket === undefined && retry === undefined) connect();
  }

  return {
    subscribe(subscription: Subscription): () => void {
      const id = String(nextId++);
      subscriptions.set(id, subscription);
      ensure();
      send(subscribeMessage(id, subscription));
      return () => {
        subscriptions.delete(id);
        send({ type: 'unsubscribe', id });
      };
    },
    watch(listener: () => void): () => void {
      watchers.add(listener);
      ensure();
      return () => watchers.delete(listener);
    },
    state: (): LiveState => state,
    /** Tries at once: the network came back, or the operator asked. */
    retryNow(): void {
      if (socket === undefined) connect();
    },
    /** The network went away: say so without waiting for the socket to notice. */
    lost(): void {
      socket?.close();
    },
  };
}

export type Live = ReturnType<typeof createLive>;

let shared: Live | undefined;

/** The page's one live connection, opened at first use. */
export function live(): Live {
  if (shared === undefined) {
    const mine = createLive(() => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/stream`);
    window.addEventListener('online', () => mine.retryNow());
    window.addEventListener('offline', () => mine.lost());
    shared = mine;
  }
  return shared;
}
