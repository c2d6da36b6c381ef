import type { DirectoryEntry, SenderStore } from './logs.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';

/** More unknown senders than anybody looks at; the oldest go. */
const SENDERS_KEPT = 10_000;

const clean = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd').slice(0, 255);

/** Senders and the devices that they may be, in PostgreSQL. */
export function createSenderStore(pg: Postgres): SenderStore {
  return {
    async directory() {
      const { rows } = await pg.query<DirectoryEntry & { addresses: unknown }>(
        `select d.id as "deviceId", d.name, d.address, d.site, d.sys_name as "sysName",
           (select f.value->>'snmpEngineId' from device_facts f where f.device_id = d.id and f.section = 'system') as "engineId",
           coalesce((select jsonb_agg(a->>'address') from device_facts f, jsonb_array_elements(f.value) a
             where f.device_id = d.id and f.section = 'addresses' and jsonb_typeof(f.value) = 'array'), '[]') as addresses
         from device d order by d.id`,
      );
      return rows;
    },
    async note(seen) {
      if (seen.length === 0) return;
      // Ordered, so that two writers never wait for each other in a circle.
      const sorted = seen.toSorted((a, b) => (a.address + a.host < b.address + b.host ? -1 : 1));
      await pg.query(
        `insert into log_sender as s (address, host, first_seen_at, last_seen_at, lines, worst_severity)
         select address, host, min(first_at), max(last_at), sum(lines), min(worst)
         from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::int8[], $6::int2[])
           as t(address, host, first_at, last_at, lines, worst) group by 1, 2 order by 1, 2
         on conflict (address, host) do update set last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
           lines = s.lines + excluded.lines, worst_severity = least(s.worst_severity, excluded.worst_severity)`,
        [
          sorted.map(({ address }) => clean(address)),
          sorted.map(({ host }) => clean(host)),
          sorted.map(({ firstAt }) => new Date(firstAt)),
          sorted.map(({ lastAt }) => new Date(lastAt)),
          sorted.map(({ lines }) => lines),
          sorted.map(({ worstSeverity }) => worstSeverity),
        ],
      );
    },
    async list(limit) {
      const { rows } = await pg.query<{
        address: string;
        host: string;
        first: Date;
        last: Date;
        lines: number;
        worst: number;
      }>(
        `select address, host, first_seen_at as first, last_seen_at as last, lines, worst_severity as worst
         from log_sender order by last_seen_at desc, address, host limit $1`,
        [limit],
      );
      return rows.map(({ address, host, first, last, lines, worst }) => ({
        address,
        host,
        firstAt: first.getTime(),
        lastAt: last.getTime(),
        lines,
        worstSeverity: worst,
      }));
    },
    async prune(before) {
      await pg.query(
        `delete from log_sender where last_seen_at < $1
           or last_seen_at < (select last_seen_at from log_sender order by last_seen_at desc offset ${SENDERS_KEPT} limit 1)`,
        [new Date(before)],
      );
    },
  };
}
