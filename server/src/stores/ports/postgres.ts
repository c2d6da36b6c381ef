import type { LabelledPort, PortDecision, PortLabels } from '#domain/port-plan.ts';
import { labelsOf } from '#domain/port-plan.ts';
import type { PortFacts } from '#domain/ports.ts';
import { toJsonb } from '#stores/postgres/json.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import type { PortStore, StoredDecision } from './ports.ts';

interface PortRow {
  /** Null for a device without ports. */
  readonly id: number | null;
  readonly facts: PortFacts;
  readonly labels: PortLabels;
  readonly present: boolean;
  readonly at: number;
}

const INSTANT = (expression: string) => `round(extract(epoch from ${expression}) * 1000)::float8`;

async function insertPorts(
  tx: Queryable,
  deviceId: number,
  at: number,
  ports: readonly PortFacts[],
): Promise<number[]> {
  const { rows } = await tx.query<{ id: number }>(
    `with here as materialized (select id from device where id = $1 for key share)
     insert into device_port (device_id, facts, labels, first_seen_at, seen_at)
     select here.id, t.facts, t.labels, to_timestamp($2::float8 / 1000), to_timestamp($2::float8 / 1000)
     from here, unnest($3::jsonb[], $4::jsonb[]) with ordinality as t (facts, labels, n) order by t.n returning id`,
    [deviceId, at, ports.map(toJsonb), ports.map((port) => toJsonb(labelsOf(port)))],
    'ports-insert',
  );
  return rows.map(({ id }) => id);
}

async function insertDecisions(
  tx: Queryable,
  deviceId: number,
  at: number,
  decisions: readonly (PortDecision & { readonly portId: number })[],
): Promise<void> {
  const rows = decisions.map(({ kind, subject, before, after, why, portId, known }) => {
    const { ifIndex, ifName, ifDescr, ifAlias, ifType, mac } = known;
    const decision = { portId, knownId: known.id, before: { ifIndex, ifName, ifDescr, ifAlias, ifType, mac } };
    return { kind, subject, before, after, why, decision };
  });
  await tx.query(
    `insert into device_change (device_id, at, section, kind, subject, before, after, why, decision)
     select $1, to_timestamp($2::float8 / 1000), 'interfaces', kind, subject, before, after, why, decision
     from jsonb_to_recordset($3::jsonb) as t (kind text, subject text, before jsonb, after jsonb, why text, decision jsonb)`,
    [deviceId, at, toJsonb(rows)],
  );
}

/** Ports of devices in PostgreSQL. */
export function createPortStore(pg: Postgres): PortStore {
  async function markReversed(tx: Queryable, { changeId }: StoredDecision): Promise<void> {
    await tx.query('update device_change set reversed_at = now() where id = $1', [changeId]);
  }

  return {
    async read(deviceId) {
      const { rows } = await pg.query<PortRow>(
        `select p.id, p.facts, p.labels, p.gone_at is null as present, ${INSTANT('greatest(p.seen_at, p.gone_at)')} as at
         from device d left join device_port p on p.device_id = d.id where d.id = $1 order by p.id`,
        [deviceId],
        'ports-read',
      );
      if (rows.length === 0) return undefined;
      const ports = rows.flatMap(({ id, facts, labels, present }): LabelledPort[] =>
        id === null ? [] : [{ ...facts, id, labels, present }],
      );
      return { at: ports.length === 0 ? null : Math.max(...rows.map(({ at }) => at)), ports };
    },
    async write(deviceId, at, plan) {
      // A device that is read for the first time has nothing but ports that appear.
      const { moves: moved, seen: again, gone: left, decisions: decided } = plan;
      if (moved.length + again.length + left.length + decided.length === 0) {
        await insertPorts(pg, deviceId, at, plan.appeared);
        return;
      }
      await pg.transaction(async (tx) => {
        const device = await tx.query('select 1 from device where id = $1 for key share', [deviceId]);
        if (device.rowCount === 0) return;
        const [moves, seen, gone] = [plan.moves.length > 0, plan.seen.length > 0, plan.gone.length > 0];
        if (moves)
          await tx.query(
            `update device_port p set labels = t.labels from unnest($2::int[], $3::jsonb[]) as t (id, labels)
           where p.device_id = $1 and p.id = t.id`,
            [deviceId, plan.moves.map(({ portId }) => portId), plan.moves.map(({ to }) => toJsonb(to))],
          );
        if (seen)
          await tx.query(
            `update device_port p set facts = t.facts, seen_at = to_timestamp($2::float8 / 1000), gone_at = null
           from unnest($3::int[], $4::jsonb[]) as t (id, facts) where p.device_id = $1 and p.id = t.id`,
            [deviceId, at, plan.seen.map(({ portId }) => portId), plan.seen.map(({ facts }) => toJsonb(facts))],
          );
        if (gone)
          await tx.query(
            'update device_port set gone_at = to_timestamp($2::float8 / 1000) where device_id = $1 and id = any($3::int[])',
            [deviceId, at, plan.gone],
          );
        const ids = await insertPorts(tx, deviceId, at, plan.appeared);
        const idOf = (reading: PortFacts) => {
          const label = JSON.stringify(labelsOf(reading));
          return ids[plan.appeared.findIndex((port) => JSON.stringify(labelsOf(port)) === label)] ?? 0;
        };
        const decisions = plan.decisions.map((decision) => ({
          ...decision,
          portId: decision.kind === 'recognised' ? decision.known.id : idOf(decision.reading),
        }));
        if (decisions.length > 0) await insertDecisions(tx, deviceId, at, decisions);
      });
    },
    async decision(deviceId, changeId) {
      const { rows } = await pg.query<StoredDecision>(
        `select id as "changeId", kind, subject, ${INSTANT('at')} as at, ${INSTANT('reversed_at')} as "reversedAt",
           (decision ->> 'portId')::int as "portId", (decision ->> 'knownId')::int as "knownId", decision -> 'before' as before
         from device_change where device_id = $1 and id = $2::int8 and decision is not null`,
        [deviceId, changeId],
      );
      return rows[0];
    },
    async split(decision, aside) {
      await pg.transaction(async (tx) => {
        await markReversed(tx, decision);
        await tx.query(
          `insert into device_port (device_id, facts, labels, first_seen_at, seen_at, gone_at)
           select device_id, facts, labels, to_timestamp($2::float8 / 1000), seen_at, gone_at from device_port where id = $1`,
          [decision.portId, decision.at],
        );
        await tx.query(
          `update device_port set facts = $2::jsonb, labels = $3::jsonb, gone_at = to_timestamp($4::float8 / 1000)
           where id = $1`,
          [decision.portId, toJsonb(decision.before), toJsonb(aside), decision.at],
        );
      });
    },
    async join(decision) {
      await pg.transaction(async (tx) => {
        await markReversed(tx, decision);
        await tx.query(
          `update device_port old set facts = young.facts, labels = young.labels, seen_at = young.seen_at, gone_at = young.gone_at
           from device_port young where old.id = $1 and young.id = $2`,
          [decision.knownId, decision.portId],
        );
        await tx.query('delete from device_port where id = $1', [decision.portId]);
      });
    },
    async prune(before) {
      const { rowCount } = await pg.query('delete from device_port where gone_at < to_timestamp($1::float8 / 1000)', [
        before,
      ]);
      return rowCount;
    },
  };
}
