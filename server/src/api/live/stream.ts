import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { ClientMessage } from '@sotp/contract/live.ts';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { Access } from '#services/access/access.ts';
import type { Actor } from '#services/access/actor.ts';
import type { LiveFeed, Unsubscribe } from '#services/telemetry/stream.ts';
import { toRequestError } from '#api/errors.ts';
import { identify } from '#api/guard.ts';
import { createOutbox } from './outbox.ts';

export interface StreamOptions {
  access: Access;
  live: LiveFeed;
  log: Log;
}

/** Client to server: subscriptions are small. */
const PAYLOAD_BYTES_MAX = 64 * 1024;
const SUBSCRIPTIONS_MAX = 500;
const SOCKETS_MAX = 2_000;
const SOCKETS_PER_ACTOR_MAX = 50;
/** Messages and pings that a client may send in ten seconds. */
const MESSAGES_MAX = 600;
const BEAT_MS = 10_000;

/** WebSocket close codes (RFC 6455 section 7.4.1). */
const POLICY = 1008;
const TRY_LATER = 1013;

/** A socket and what belongs to it; `check` closes it when its right to be here has ended. */
interface Connection {
  readonly actor: Actor;
  check(): Promise<void>;
  beat(): void;
}

/**
 * Makes upgrades requests like any other: hooks see `request.ws`, and one that is refused closes its socket. So this comes
 * before every hook that may refuse.
 */
export async function addUpgrades(app: FastifyInstance, log: Log): Promise<void> {
  await app.register(websocket, {
    options: {
      maxPayload: PAYLOAD_BYTES_MAX,
      maxFragments: 16,
      maxBufferedChunks: 1_024,
      perMessageDeflate: false,
    },
    errorHandler: (error, socket) => {
      log.warn({ err: error }, 'a live connection failed');
      socket.terminate();
    },
  });
  app.addHook('onRequest', async (request) => {
    if (!request.ws || request.routeOptions.url?.endsWith('/stream')) return;
    throw new AppError('not_found', 'Only /api/v1/stream speaks WebSocket.');
  });
}

/** The live stream at /stream. */
export function addStream(app: FastifyInstance, { access, live, log }: StreamOptions): void {
  const connections = new Set<Connection>();
  const stopListening = live.onAccessChange((concerns) => {
    for (const connection of connections) if (concerns(connection.actor)) void connection.check();
  });
  // News can be lost: whoever lost his right while nobody said so is found at the next beat.
  const beating = setInterval(() => {
    for (const connection of connections) {
      connection.beat();
      void connection.check();
    }
  }, BEAT_MS);
  beating.unref();
  app.addHook('onClose', async () => {
    clearInterval(beating);
    stopListening();
  });

  function open(socket: WebSocket, request: FastifyRequest): void {
    const { actor } = request;
    if (!actor) return socket.close(POLICY);
    const own = [...connections].filter((other) => other.actor.key === actor.key).length;
    if (connections.size >= SOCKETS_MAX || own >= SOCKETS_PER_ACTOR_MAX) {
      return socket.close(TRY_LATER, 'too many live connections');
    }
    const subscriptions = new Map<string, Unsubscribe>();
    const outbox = createOutbox(socket, request.raw.socket);
    let received = 0;
    let alive = true;

    function refuse(id: string | null, thrown: unknown): void {
      const error = toRequestError(thrown instanceof Error ? thrown : new Error(String(thrown)));
      if (error.code === 'internal') log.error({ err: error }, 'a live subscription failed');
      const message = error.code === 'internal' ? 'Something failed inside SOTP.' : error.message;
      outbox.control({ type: 'error', id, code: error.code, message });
    }

    async function subscribe(message: Extract<ClientMessage, { type: 'subscribe' }>): Promise<void> {
      const { id, topic, filter = {} } = message;
      if (subscriptions.has(id)) throw new AppError('conflict', `There is a subscription ${id} already.`);
      if (subscriptions.size >= SUBSCRIPTIONS_MAX) {
        throw new AppError('rate_limited', `${SUBSCRIPTIONS_MAX} subscriptions are the limit of one connection.`);
      }
      let cancelled = false;
      subscriptions.set(id, () => {
        cancelled = true;
      });
      try {
        const unsubscribe = await live.subscribe(
          actor!,
          { topic, filter },
          (events) => {
            if (cancelled) return;
            if (events.length === 1) outbox.event(id, events[0]!);
            else outbox.events(id, events);
          },
          (count) => {
            if (!cancelled) outbox.missed(id, count);
          },
        );
        if (cancelled) return unsubscribe();
        subscriptions.set(id, () => {
          cancelled = true;
          unsubscribe();
        });
      } catch (error) {
        if (!cancelled) subscriptions.delete(id);
        throw error;
      }
    }

    function receive(text: string): void {
      const json = parseJson(text);
      const message = ClientMessage.safeParse(json);
      if (!message.success) {
        const [issue] = message.error.issues;
        return refuse(
          null,
          new AppError('validation_failed', `${issue?.path.join('.') || 'message'}: ${issue?.message}`),
        );
      }
      const { id } = message.data;
      if (message.data.type === 'subscribe') {
        subscribe(message.data).catch((error: unknown) => refuse(id, error));
        return;
      }
      subscriptions.get(id)?.();
      subscriptions.delete(id);
      outbox.forget(id);
    }

    function count(): boolean {
      received += 1;
      if (received > MESSAGES_MAX) socket.close(POLICY, 'too many messages');
      // Whoever does not stop when told to is cut off.
      if (received > 2 * MESSAGES_MAX) socket.terminate();
      return received <= MESSAGES_MAX;
    }

    const connection: Connection = {
      actor,
      async check() {
        const before = JSON.stringify([actor.role, actor.scope]);
        request.actor = null;
        try {
          Object.assign(request, await identify(request, access));
        } catch (error) {
          // A database that is away for a moment takes nobody's rights; an expired token does.
          if (!(error instanceof AppError) || error.code !== 'token_expired') request.actor = actor;
        }
        const now = request.actor as typeof actor | null;
        if (now === null || JSON.stringify([now.role, now.scope]) !== before) socket.close(POLICY, 'sign in again');
      },
      beat() {
        received = 0;
        if (!alive) return socket.terminate();
        alive = false;
        socket.ping();
        outbox.sweep();
      },
    };
    connections.add(connection);
    socket.on('pong', () => {
      alive = true;
    });
    socket.on('ping', count);
    socket.on('message', (data, binary) => {
      alive = true;
      if (!count()) return;
      if (binary) return refuse(null, new AppError('bad_request', 'Messages are JSON text.'));
      receive(data.toString());
    });
    socket.on('close', () => {
      connections.delete(connection);
      for (const unsubscribe of subscriptions.values()) unsubscribe();
      subscriptions.clear();
    });
  }

  app.get('/stream', { websocket: true, config: { access: 'signed-in' }, schema: { hide: true } }, (socket, request) =>
    open(socket, request),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
