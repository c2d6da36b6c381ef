import { randomUUID } from 'node:crypto';
import { toJsonb } from '#stores/postgres/json.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import type { StoredTask, TaskState, TaskStore } from './tasks.ts';

interface TaskRow {
  id: string;
  kind: string;
  state: TaskState;
  progress: number;
  device_id: number | null;
  device_name: string | null;
  created_by: string;
  created_at: Date;
  started_at: Date | null;
  worker: string | null;
  retry_of: string | null;
  finished_at: Date | null;
  result: unknown;
  error: StoredTask['error'];
}

const COLUMNS = `id, kind, state, progress, device_id, created_by, created_at, started_at, finished_at, worker, retry_of, result,
  error, (select name from device where device.id = device_id) as device_name`;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function toTask(row: TaskRow): StoredTask {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    progress: row.progress,
    deviceId: row.device_id,
    deviceName: row.device_name,
    createdBy: row.created_by,
    createdAt: row.created_at.getTime(),
    startedAt: row.started_at?.getTime() ?? null,
    worker: row.worker,
    retryOf: row.retry_of,
    finishedAt: row.finished_at?.getTime() ?? null,
    result: row.result ?? undefined,
    error: row.error,
  };
}

function asJson(value: unknown): string | null {
  return value === undefined ? null : toJsonb(value);
}

/** Tasks in PostgreSQL. */
export function createPostgresTasks(db: Queryable): TaskStore {
  return {
    async create(task) {
      const result = await db.query<TaskRow>(
        `insert into tasks (id, kind, state, device_id, created_by, retry_of)
         values ($1, $2, 'waiting', $3, $4, $5) returning ${COLUMNS}`,
        [randomUUID(), task.kind, task.deviceId, task.createdBy, task.retryOf ?? null],
      );
      return toTask(result.rows[0]!);
    },
    async get(id) {
      if (!UUID.test(id)) return undefined;
      const result = await db.query<TaskRow>(`select ${COLUMNS} from tasks where id = $1`, [id]);
      return result.rows[0] && toTask(result.rows[0]);
    },
    async list({ state, kind }, after, limit) {
      const result = await db.query<TaskRow>(
        `select ${COLUMNS} from tasks
         where ($1::text is null or state = $1) and ($2::text is null or kind = $2)
           and ($3::uuid is null or (created_at, id) < (select created_at, id from tasks where id = $3))
         order by created_at desc, id desc limit $4`,
        [state ?? null, kind ?? null, after !== undefined && UUID.test(after) ? after : null, limit],
      );
      return result.rows.map(toTask);
    },
    async update(id, change) {
      if (!UUID.test(id)) return false;
      const result = await db.query(
        `update tasks set
           state = coalesce($2, state),
           progress = coalesce($3, progress),
           worker = coalesce($6, worker),
           started_at = case when $2 = 'running' then coalesce(started_at, now()) else started_at end,
           result = coalesce($4::jsonb, result),
           error = coalesce($5::jsonb, error),
           finished_at = case when $2 in ('done', 'failed', 'cancelled') then now() else finished_at end
         where id = $1 and state in ('waiting', 'running')`,
        [
          id,
          change.state ?? null,
          change.progress ?? null,
          asJson(change.result),
          asJson(change.error),
          change.worker ?? null,
        ],
      );
      return result.rowCount > 0;
    },
    async prune(before) {
      const result = await db.query('delete from tasks where created_at < $1', [new Date(before)]);
      return result.rowCount;
    },
  };
}
