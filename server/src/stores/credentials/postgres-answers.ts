import type { DeviceStatus } from '@sotp/contract/devices.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { CredentialAnswerStore, RotationProgress, StoredAnswer } from './credentials.ts';

interface AnswerRow {
  deviceId: number;
  collector: string;
  credentialId: number;
  version: number;
  since: Date;
  at: Date;
}

interface UserRow {
  deviceId: number;
  name: string;
  address: string;
  site: string | null;
  status: DeviceStatus;
  own: boolean;
  version: number | null;
  answeredAt: Date | null;
}

/** Devices whose own credential $1 is, and those that answered to it, with their newest answer to it. */
const USERS = `select d.id, d.disabled, exists (select 1 from device_credential o where o.device_id = d.id and o.credential_id = $1::text::int8) as own,
    mine.version, mine.at, mine.collector
  from (select device_id from device_credential where credential_id = $1::text::int8
        union select device_id from credential_answer where credential_id = $1::text::int8) u
  join device d on d.id = u.device_id
  left join lateral (select version, at, collector from credential_answer a
    where a.device_id = d.id and a.credential_id = $1::text::int8 order by at desc limit 1) mine on true`;

/** Answers to credentials in PostgreSQL. */
export function createCredentialAnswerStore(pg: Postgres): CredentialAnswerStore {
  async function ofDevices(deviceIds: readonly number[]): Promise<StoredAnswer[]> {
    const { rows } = await pg.query<AnswerRow>(
      `select device_id as "deviceId", collector, credential_id as "credentialId", version, since, at
       from credential_answer where device_id = any($1::int8[]) order by at desc, credential_id`,
      [deviceIds],
    );
    return rows.map((row) => ({ ...row, since: row.since.getTime(), at: row.at.getTime() }));
  }

  return {
    async note(answers) {
      if (answers.length === 0) return;
      // One row a key, and in the order of keys, so that two writers never wait for each other.
      const newest = new Map<string, (typeof answers)[number]>();
      for (const answer of answers) {
        const key = `${answer.deviceId} ${answer.collector} ${answer.credentialId}`;
        if ((newest.get(key)?.at ?? 0) <= answer.at) newest.set(key, answer);
      }
      const rows = [...newest.values()].toSorted(
        (a, b) => a.deviceId - b.deviceId || a.credentialId - b.credentialId || (a.collector < b.collector ? -1 : 1),
      );
      await pg.query(
        `insert into credential_answer as a (device_id, collector, credential_id, version, since, at)
         select d.id, t.collector, c.id, t.version, to_timestamp(t.at / 1000), to_timestamp(t.at / 1000)
         from unnest($1::int[], $2::text[], $3::int[], $4::int[], $5::float8[])
           with ordinality as t (device_id, collector, credential_id, version, at, n)
         join device d on d.id = t.device_id join credential c on c.id = t.credential_id order by t.n
         on conflict (device_id, collector, credential_id) do update set version = excluded.version, at = excluded.at,
           since = case when a.version = excluded.version then a.since else excluded.since end
         where a.at <= excluded.at`,
        [
          rows.map((row) => row.deviceId),
          rows.map((row) => row.collector),
          rows.map((row) => row.credentialId),
          rows.map((row) => row.version),
          rows.map((row) => row.at),
        ],
      );
    },
    ofDevice: (deviceId) => ofDevices([deviceId]),
    ofDevices,
    async usersOf(credentialId, { after, limit, sites }) {
      const { rows } = await pg.query<UserRow>(
        `select d.id as "deviceId", d.name, d.address, d.site, u.own, u.version,
           greatest(u.at, case when s.runs -> u.collector ->> 'credentialId' = $1::text || '.' || u.version
             and (s.runs -> u.collector ->> 'up')::boolean
             then to_timestamp((s.runs -> u.collector ->> 'at')::float8 / 1000) end) as "answeredAt",
           device_status(d.disabled, d.maintenance_since, d.maintenance_until, s.status, s.valid_until, now()) as status
         from (${USERS}) u join device d on d.id = u.id join device_state s on s.device_id = d.id
         where d.id > $2::int8 and ($4::text[] is null or d.site = any($4)) order by d.id limit $3`,
        [String(credentialId), after, limit, sites ?? null],
      );
      return rows.map((row) => ({ ...row, answeredAt: row.answeredAt?.getTime() ?? null }));
    },
    async progress(credentialId, version) {
      const { rows } = await pg.query<RotationProgress>(
        `select count(*) as devices, count(*) filter (where u.version = $2) as answered from (${USERS}) u
         where not u.disabled and not exists (
           select 1 from credential_answer other where other.device_id = u.id and other.credential_id <> $1::text::int8
             and (u.collector is null or other.collector = u.collector) and (u.at is null or other.at > u.at))`,
        [String(credentialId), version],
      );
      return rows[0] ?? { devices: 0, answered: 0 };
    },
  };
}
