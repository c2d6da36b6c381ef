import type { DeviceStatus } from '@sotp/contract/devices.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { CollectorRun, StateUpdate } from './devices.ts';

/** What several updates of one device in a batch amount to. */
interface Folded {
  readonly deviceId: number;
  status: StateUpdate['status'];
  reason: string | null;
  at: number;
  validUntil: number;
  lastSeenAt: number | null;
  readonly runs: Record<string, CollectorRun>;
}

/** One entry a device, by device id: the last word on the status, the newest run of each collector. */
export function foldUpdates(updates: readonly StateUpdate[]): Folded[] {
  const byDevice = new Map<number, Folded>();
  for (const update of updates) {
    const { deviceId, run } = update;
    const lastSeenAt = update.seen ? run.at : null;
    const folded = byDevice.get(deviceId);
    if (!folded) {
      byDevice.set(deviceId, {
        deviceId,
        status: update.status,
        reason: update.reason,
        at: run.at,
        validUntil: update.validUntil,
        lastSeenAt,
        runs: { [run.name]: run },
      });
      continue;
    }
    if (lastSeenAt !== null) folded.lastSeenAt = Math.max(folded.lastSeenAt ?? 0, lastSeenAt);
    const known = folded.runs[run.name];
    if (known && known.at > run.at) continue;
    folded.runs[run.name] = run;
    folded.status = update.status;
    folded.reason = update.reason;
    folded.at = Math.max(folded.at, run.at);
    folded.validUntil = update.validUntil;
  }
  return [...byDevice.values()].toSorted((a, b) => a.deviceId - b.deviceId);
}

/** One statement for all devices of the batch. Answers those whose visible status is another one now. */
export async function writeState(
  pg: Postgres,
  updates: readonly StateUpdate[],
): Promise<{ deviceId: number; status: DeviceStatus }[]> {
  if (updates.length === 0) return [];
  const { rows } = await pg.query<{ deviceId: number; status: DeviceStatus }>(
    'select device_id as "deviceId", status from write_device_state($1, $2, $3, $4, $5, $6, $7)',
    columnsOf(foldUpdates(updates)),
    'device-state-write',
  );
  return rows;
}

function columnsOf(folded: readonly Folded[]): unknown[] {
  return [
    folded.map((f) => f.deviceId),
    folded.map((f) => f.status),
    folded.map((f) => f.reason),
    folded.map((f) => f.at),
    folded.map((f) => f.validUntil),
    folded.map((f) => f.lastSeenAt),
    folded.map((f) => JSON.stringify(f.runs)),
  ];
}
