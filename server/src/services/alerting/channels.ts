import type { Channel, ChannelCreate, ChannelPatch } from '@sotp/contract/alerts.ts';
import type { Page, PageQuery } from '@sotp/contract/lists.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import type { Notifier } from '#notifiers/notifier.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Audit } from '#services/access/audit.ts';
import type { ChannelStore, Outbox, StoredAlert, StoredChannel } from '#stores/alerts/alerts.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import { channelSecretKey } from './channel-secret.ts';

/** Where notifications go. The address goes in and never comes out again. */
export interface Channels {
  list(query: PageQuery): Promise<Page<Channel>>;
  create(actor: Actor, input: ChannelCreate): Promise<Channel>;
  update(actor: Actor, id: string, patch: ChannelPatch): Promise<Channel>;
  /** What waits for it is given up. */
  remove(actor: Actor, id: string): Promise<void>;
  /** Has a test notification sent; how it went is in the delivery log. */
  test(actor: Actor, id: string): Promise<{ notificationId: string }>;
}

export interface ChannelsDeps {
  readonly channels: ChannelStore;
  readonly outbox: Pick<Outbox, 'add'>;
  readonly secrets: SecretStore;
  readonly notifiers: readonly Notifier[];
  readonly audit: Audit;
  readonly clock: Clock;
}

function toChannel({
  id,
  name,
  kind,
  target,
  enabled,
  createdAt,
  waiting,
  failing,
  lastSentAt,
}: StoredChannel): Channel {
  if (kind !== 'webhook') throw new AppError('internal', 'A channel of the canary is not shown.');
  return {
    id: String(id),
    name,
    kind,
    target,
    enabled,
    createdAt: new Date(createdAt).toISOString(),
    waiting,
    failing,
    lastSentAt: lastSentAt === null ? null : new Date(lastSentAt).toISOString(),
  };
}

const missing = () => new AppError('not_found', 'There is no such channel.');

/** The alert of a test notification: none that ever was. */
function testAlert(at: number): StoredAlert {
  return {
    id: 0,
    code: 'test',
    subject: '',
    state: 'firing',
    severity: 'warning',
    rule: 'Test',
    summary: 'Somebody wanted to see whether notifications get through. They do.',
    remedy: 'Nothing is wrong.',
    href: null,
    startedAt: at,
    firedAt: at,
    clearSince: null,
    resolvedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    note: null,
  };
}

export function createChannels({ channels, outbox, secrets, notifiers, audit, clock }: ChannelsDeps): Channels {
  async function find(id: string): Promise<StoredChannel> {
    const key = parseId(id);
    const found = key === undefined ? undefined : await channels.get(key);
    if (!found) throw missing();
    return found;
  }

  function targetOf(kind: string, settings: unknown): string {
    const notifier = notifiers.find((one) => one.kind === kind);
    if (!notifier) throw new AppError('validation_failed', `There are no channels of the kind “${kind}”.`);
    return notifier.target(notifier.settings.parse(settings));
  }

  const subject = ({ id }: StoredChannel) => `channel/${id}`;

  return {
    async list({ limit, cursor }) {
      return pageAfter(await channels.list(parseCursor(cursor) ?? 0, limit + 1), limit, toChannel);
    },
    async create(actor, { name, kind, settings, enabled = true }) {
      const target = targetOf(kind, settings);
      // Nothing is sent to it before its address is there.
      const made = await channels.create({ name, kind, target, enabled: false });
      try {
        await secrets.put(channelSecretKey(made.id), JSON.stringify(settings));
        const channel = enabled ? await channels.update(made.id, { enabled }) : made;
        if (!channel) throw missing();
        await audit.record(actor, 'channel.create', subject(made), { name, kind, target, enabled });
        return toChannel(channel);
      } catch (error) {
        await channels.remove(made.id);
        throw error;
      }
    },
    async update(actor, id, { name, settings, enabled }) {
      const before = await find(id);
      const target = settings === undefined ? undefined : targetOf(before.kind, settings);
      if (settings !== undefined) await secrets.put(channelSecretKey(before.id), JSON.stringify(settings));
      const after = await channels.update(before.id, {
        ...(name === undefined ? {} : { name }),
        ...(target === undefined ? {} : { target }),
        ...(enabled === undefined ? {} : { enabled }),
      });
      if (!after) throw missing();
      const shown = (channel: StoredChannel) => ({
        name: channel.name,
        target: channel.target,
        enabled: channel.enabled,
      });
      await audit.record(actor, 'channel.update', subject(before), {
        before: shown(before),
        after: shown(after),
        addressChanged: settings !== undefined,
      });
      return toChannel(after);
    },
    async remove(actor, id) {
      const before = await find(id);
      if (!(await channels.remove(before.id))) throw missing();
      await secrets.delete(channelSecretKey(before.id));
      await audit.record(actor, 'channel.remove', subject(before), { name: before.name, target: before.target });
    },
    async test(actor, id) {
      const channel = await find(id);
      if (!channel.enabled) throw new AppError('conflict', `“${channel.name}” is switched off: nothing is sent to it.`);
      const at = clock.now();
      const added = await outbox.add(channel.id, 'test', testAlert(at), at);
      if (!added) throw missing();
      await audit.record(actor, 'channel.test', subject(channel), { name: channel.name });
      return { notificationId: String(added.id) };
    },
  };
}
