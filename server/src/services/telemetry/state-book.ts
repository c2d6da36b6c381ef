import type { DeviceEvent } from '@sotp/contract/live.ts';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import { deviceStatus } from '#domain/status.ts';
import type { CollectorRun, DeviceStore, StateUpdate } from '#stores/devices/devices.ts';
import type { RunRecord } from './spool.ts';

/** What is known of a device whose polls come through here. */
interface Known {
  collectors: RunRecord['collectors'];
  readonly runs: Map<string, CollectorRun>;
  /** The run of each collector that the store has from us; not its instant, for a clock may be set back. */
  readonly written: Map<string, CollectorRun>;
  /** Runs from before this process are read from the store. */
  loaded: boolean;
}

/** The last runs of the devices polled by this process, and what the store knows of them. */
export interface StateBook {
  /** Takes in a run the moment it is over, whatever the store does. */
  note(record: RunRecord): void;
  /** Writes the states that these runs, now stored, give reason to write, and tells whose status changed. */
  write(records: readonly RunRecord[]): Promise<void>;
  /** The device changed: what was known of it is read anew. */
  forget(deviceId: number): void;
  size(): number;
}

export function createStateBook(deps: { devices: DeviceStore; bus: Bus; now: () => number }): StateBook {
  const { devices, bus } = deps;
  const known = new Map<number, Known>();

  /** Runs that the store has from before, where this process has none of its own yet. */
  async function load(ids: readonly number[]): Promise<void> {
    const missing = ids.filter((id) => known.get(id)?.loaded === false);
    if (missing.length === 0) return;
    for (const device of await devices.getMany(missing)) {
      const entry = known.get(device.id);
      for (const run of device.runs) if (entry && !entry.runs.has(run.name)) entry.runs.set(run.name, run);
    }
    for (const id of missing) {
      const entry = known.get(id);
      if (entry) entry.loaded = true;
    }
  }

  /**
   * The states that a batch gives reason to write. Always of the newest run that is known, so that after an outage the
   * status is right with the first batch that gets through, and the rest of the backlog costs nothing here.
   */
  function statesOf(records: readonly RunRecord[]): StateUpdate[] {
    const updates = new Map<string, StateUpdate>();
    for (const { deviceId, collectors, run } of records) {
      const entry = known.get(deviceId);
      const newest = entry?.runs.get(run.name) ?? run;
      if (entry?.written.get(run.name) === newest) continue;
      const verdict = deviceStatus(entry?.collectors ?? collectors, [...(entry?.runs.values() ?? [run])], deps.now());
      updates.set(`${deviceId} ${run.name}`, { deviceId, run: newest, ...verdict, seen: newest.up });
    }
    return [...updates.values()];
  }

  return {
    note({ deviceId, collectors, run }) {
      let entry = known.get(deviceId);
      if (!entry) known.set(deviceId, (entry = { collectors, runs: new Map(), written: new Map(), loaded: false }));
      entry.collectors = collectors;
      entry.runs.set(run.name, run);
    },
    async write(records) {
      await load([...new Set(records.map((record) => record.deviceId))]);
      const updates = statesOf(records);
      if (updates.length === 0) return;
      const changes = await devices.writeState(updates);
      for (const { deviceId, run } of updates) known.get(deviceId)?.written.set(run.name, run);
      for (const { deviceId, status } of changes) {
        const event: DeviceEvent = { deviceId: String(deviceId), change: 'status', status };
        bus.publish(BUS_TOPICS.devices, event);
      }
    },
    forget(deviceId) {
      known.delete(deviceId);
    },
    size: () => known.size,
  };
}
