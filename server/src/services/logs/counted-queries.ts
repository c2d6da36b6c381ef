import type { CountedQuery, CountedQueryCreate, CountedQueryPatch } from '@sotp/contract/logs.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { parseId } from '#domain/paging.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Audit } from '#services/access/audit.ts';
import type { CountedQueryStore, StoredCountedQuery } from '#stores/logs/logs.ts';
import { parseLogQuery } from './query.ts';
import type { QueryWorld } from './query.ts';

/** Each is asked of every line that comes in. */
const QUERIES_MAX = 50;

/** Queries whose matching lines are counted as they come in. They count for all devices, so a scope keeps from changing them. */
export interface CountedQueries {
  list(): Promise<{ items: CountedQuery[]; nextCursor: null }>;
  create(actor: Actor, input: CountedQueryCreate): Promise<CountedQuery>;
  update(actor: Actor, id: string, patch: CountedQueryPatch): Promise<CountedQuery>;
  remove(actor: Actor, id: string): Promise<void>;
}

export interface CountedQueriesDeps {
  readonly store: CountedQueryStore;
  readonly world: QueryWorld;
  readonly audit: Audit;
  readonly bus: Bus;
}

function toCountedQuery({ id, name, query, alertAbove }: StoredCountedQuery): CountedQuery {
  return { id: String(id), name, query, alertAbove };
}

const missing = () => new AppError('not_found', 'There is no such query.');

function requireAll(actor: Actor): void {
  if (actor.scope === null) return;
  throw new AppError('forbidden', 'Counted queries are of all sites: they are kept by who sees all of them.');
}

export function createCountedQueries({ store, world, audit, bus }: CountedQueriesDeps): CountedQueries {
  async function find(id: string): Promise<StoredCountedQuery> {
    const found = (await store.list()).find((one) => one.id === parseId(id));
    if (!found) throw missing();
    return found;
  }

  return {
    list: async () => ({ items: (await store.list()).map(toCountedQuery), nextCursor: null }),
    async create(actor, { name, query, alertAbove }) {
      requireAll(actor);
      parseLogQuery(query, world);
      if ((await store.list()).length >= QUERIES_MAX) {
        throw new AppError(
          'conflict',
          `There are ${QUERIES_MAX} counted queries already, which is the most: remove one.`,
        );
      }
      const made = toCountedQuery(await store.create({ name, query, alertAbove }));
      bus.publish(BUS_TOPICS.logQueries, {});
      await audit.record(actor, 'log-query.create', `log-query/${made.id}`, { after: made });
      return made;
    },
    async update(actor, id, patch) {
      requireAll(actor);
      if (patch.query !== undefined) parseLogQuery(patch.query, world);
      const before = await find(id);
      const change = {
        ...(patch.name === undefined ? {} : { name: patch.name }),
        ...(patch.query === undefined ? {} : { query: patch.query }),
        ...(patch.alertAbove === undefined ? {} : { alertAbove: patch.alertAbove }),
      };
      const stored = await store.update(before.id, change);
      if (!stored) throw missing();
      const after = toCountedQuery(stored);
      bus.publish(BUS_TOPICS.logQueries, {});
      await audit.record(actor, 'log-query.update', `log-query/${id}`, { before: toCountedQuery(before), after });
      return after;
    },
    async remove(actor, id) {
      requireAll(actor);
      const before = await find(id);
      if (!(await store.remove(before.id))) throw missing();
      bus.publish(BUS_TOPICS.logQueries, {});
      await audit.record(actor, 'log-query.remove', `log-query/${id}`, { before: toCountedQuery(before) });
    },
  };
}
