import { z } from 'zod';
import type { Permission } from '@sotp/contract/access.ts';
import { AlertEvent } from '@sotp/contract/alerts.ts';
import { DeviceEvent, SamplesEvent } from '@sotp/contract/live.ts';
import type { Topic } from '@sotp/contract/live.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { may } from '#domain/permissions.ts';
import type { Component } from '#platform/lifecycle.ts';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Devices } from '#services/inventory/devices.ts';
import type { Tasks } from '#services/inventory/tasks.ts';
import type { Logs } from '#services/logs/logs.ts';
import { createFanOut } from './fan-out.ts';
import { INTEREST_REPEAT_MS, publishInterest, samplesTopic } from './live.ts';
import { createVisibility } from './visibility.ts';

/** Takes the data of events as JSON texts; one array for all who get the same. */
export type Deliver = (events: readonly string[]) => void;
/** Takes the count of events that were left out on the way. */
export type Missed = (count: number) => void;
export type Unsubscribe = () => void;

export interface LiveSubscription {
  readonly topic: Topic;
  readonly filter: Readonly<Record<string, string>>;
}

/** News as they happen, for whoever may see them. Sending is somebody else's business. */
export interface LiveFeed extends Component {
  /** Throws `forbidden`, `not_found` or `validation_failed`. */
  subscribe(actor: Actor, subscription: LiveSubscription, deliver: Deliver, missed?: Missed): Promise<Unsubscribe>;
  /** Calls back when somebody's right to be here may have ended: a session closed, a token revoked, a user changed. */
  onAccessChange(handler: (concerns: (actor: Actor) => boolean) => void): Unsubscribe;
}

export interface LiveFeedDeps {
  bus: Bus;
  devices: Devices;
  tasks: Tasks;
  logs: Pick<Logs, 'follow'>;
  log: Log;
}

/** Message of `BUS_TOPICS.access`: whose rights may have changed. */
const AccessChange = z.object({ userId: z.number().optional(), tokenId: z.number().optional() });

const NEEDED: Readonly<Record<Topic, Permission>> = {
  devices: 'devices:read',
  samples: 'metrics:read',
  alerts: 'alerts:read',
  logs: 'logs:read',
  tasks: 'devices:read',
};

export function createLiveFeed({ bus, devices, tasks, logs, log }: LiveFeedDeps): LiveFeed {
  const fanOut = createFanOut(bus);
  const watched = new Map<string, number>();
  let repeat: NodeJS.Timeout | undefined;
  const json = new WeakMap<object, string>();
  const checked = new WeakMap<object, SamplesEvent | null>();

  /** The JSON of a message, made once however many get it. */
  function textOf(message: object): string {
    let text = json.get(message);
    if (text === undefined) json.set(message, (text = JSON.stringify(message)));
    return text;
  }

  /** A message of samples, checked once however many get it. */
  function samplesOf(message: unknown): SamplesEvent | undefined {
    if (typeof message !== 'object' || message === null) return undefined;
    let event = checked.get(message);
    if (event === undefined) {
      const parsed = SamplesEvent.safeParse(message);
      checked.set(message, (event = parsed.success ? parsed.data : null));
    }
    return event ?? undefined;
  }

  /** Tells collectors at once that somebody looks, and again for as long as he does. */
  function watch(topic: string): Unsubscribe {
    watched.set(topic, (watched.get(topic) ?? 0) + 1);
    publishInterest(bus, [topic]);
    return () => {
      const left = (watched.get(topic) ?? 1) - 1;
      if (left > 0) watched.set(topic, left);
      else watched.delete(topic);
    };
  }

  async function onDevices(actor: Actor, device: string | undefined, deliver: Deliver): Promise<Unsubscribe> {
    if (device !== undefined) await devices.find(actor, device);
    const visible = createVisibility(actor, devices);
    return fanOut.subscribe(BUS_TOPICS.devices, (message) => {
      const event = DeviceEvent.safeParse(message);
      if (!event.success || (device !== undefined && event.data.deviceId !== device)) return;
      visible
        .of(event.data)
        .then((seen) => seen && deliver([textOf(message as object)]))
        .catch((error: unknown) => log.warn({ err: error }, 'a live event was not delivered'));
    });
  }

  async function onSamples(actor: Actor, filter: LiveSubscription['filter'], deliver: Deliver): Promise<Unsubscribe> {
    const { device, metric } = filter;
    if (device === undefined) {
      throw new AppError('validation_failed', 'filter.device: live samples are of one device; name its id.');
    }
    const { id } = await devices.find(actor, device);
    const topic = samplesTopic(id);
    let visible = true;
    const unsubscribe = await Promise.all([
      fanOut.subscribe(topic, (message) => {
        const event = visible ? samplesOf(message) : undefined;
        if (!event) return;
        if (metric === undefined) return deliver([textOf(event)]);
        const samples = event.samples.filter((sample) => sample.metric === metric);
        if (samples.length > 0) deliver([JSON.stringify({ ...event, samples })]);
      }),
      // A device may be moved out of the actor's sites while he watches it.
      fanOut.subscribe(BUS_TOPICS.devices, (message) => {
        const event = DeviceEvent.safeParse(message);
        if (actor.scope === null || !event.success || event.data.deviceId !== device) return;
        if (event.data.change !== 'updated' && event.data.change !== 'removed') return;
        devices.find(actor, device).then(
          () => (visible = true),
          () => (visible = false),
        );
      }),
    ]);
    const unwatch = watch(topic);
    return () => {
      unwatch();
      for (const end of unsubscribe) end();
    };
  }

  async function onTasks(actor: Actor, task: string | undefined, deliver: Deliver): Promise<Unsubscribe> {
    if (task !== undefined) await tasks.get(actor, task);
    return fanOut.subscribe(BUS_TOPICS.tasks, (message) => {
      const taskId =
        typeof message === 'object' && message !== null && 'taskId' in message ? message.taskId : undefined;
      if (typeof taskId !== 'string' || (task !== undefined && taskId !== task)) return;
      // What may not be seen is not found, and stays unsaid.
      tasks.get(actor, taskId).then(
        (found) => deliver([JSON.stringify(found)]),
        () => undefined,
      );
    });
  }

  /** Alerts are about SOTP itself: who sees only some sites hears of none. */
  async function onAlerts(actor: Actor, deliver: Deliver): Promise<Unsubscribe> {
    if (actor.scope !== null) return () => undefined;
    return fanOut.subscribe(BUS_TOPICS.alerts, (message) => {
      if (AlertEvent.safeParse(message).success) deliver([textOf(message as object)]);
    });
  }

  return {
    name: 'live feed',
    async start() {
      repeat = setInterval(() => {
        if (watched.size > 0) publishInterest(bus, [...watched.keys()]);
      }, INTEREST_REPEAT_MS);
      repeat.unref();
    },
    async stop() {
      clearInterval(repeat);
      await fanOut.close();
    },
    async subscribe(actor, { topic, filter }, deliver, missed = () => undefined) {
      if (!may(actor, NEEDED[topic])) {
        throw new AppError('forbidden', `Your role, ${actor.role}, does not include “${NEEDED[topic]}”.`);
      }
      switch (topic) {
        case 'devices':
          return onDevices(actor, filter['device'], deliver);
        case 'samples':
          return onSamples(actor, filter, deliver);
        case 'tasks':
          return onTasks(actor, filter['task'], deliver);
        case 'logs':
          return logs.follow(actor, filter, { lines: deliver, missed });
        case 'alerts':
          return onAlerts(actor, deliver);
      }
    },
    onAccessChange(handler) {
      let unsubscribe: Unsubscribe | undefined;
      let ended = false;
      const listen = (message: unknown) => {
        const change = AccessChange.safeParse(message);
        if (!change.success) return;
        const { userId, tokenId } = change.data;
        handler((actor) => (tokenId === undefined ? actor.userId === userId : actor.tokenId === tokenId));
      };
      fanOut.subscribe(BUS_TOPICS.access, listen).then(
        (end) => {
          unsubscribe = end;
          if (ended) end();
        },
        (error: unknown) => log.warn({ err: error }, 'changes of access are noticed late'),
      );
      return () => {
        ended = true;
        unsubscribe?.();
      };
    },
  };
}
