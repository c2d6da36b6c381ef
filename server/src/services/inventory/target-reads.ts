import type { DeviceStore, StoredDevice } from '#stores/devices/devices.ts';
import type { CredentialAnswerStore, StoredAnswer } from '#stores/credentials/credentials.ts';

/** A device as stored, and the credentials that it has answered to, newest first. */
export interface TargetRow {
  readonly device: StoredDevice;
  readonly answered: readonly StoredAnswer[];
}

/** Reads devices for polling; undefined when there is no such device. */
export type TargetReads = (deviceId: number) => Promise<TargetRow | undefined>;

/** Devices read in one go. */
const AT_ONCE = 500;

/**
 * Devices that are asked for while others are being read are read together in the next go: thousands are new at once after
 * an import or a takeover, and a query each would keep every connection busy for so long that heartbeats go unheard.
 */
export function createTargetReads(
  devices: Pick<DeviceStore, 'getMany'>,
  answers: Pick<CredentialAnswerStore, 'ofDevices'>,
): TargetReads {
  let waiting: { readonly id: number; readonly end: PromiseWithResolvers<TargetRow | undefined> }[] = [];
  let reading = false;

  async function readMany(ids: readonly number[]): Promise<Map<number, TargetRow>> {
    const [found, said] = await Promise.all([devices.getMany(ids), answers.ofDevices(ids)]);
    const byDevice = Map.groupBy(said, ({ deviceId }) => deviceId);
    return new Map(found.map((device) => [device.id, { device, answered: byDevice.get(device.id) ?? [] }]));
  }

  async function readAll(): Promise<void> {
    reading = true;
    while (waiting.length > 0) {
      const some = waiting.slice(0, AT_ONCE);
      waiting = waiting.slice(AT_ONCE);
      try {
        const rows = await readMany([...new Set(some.map(({ id }) => id))]);
        for (const { id, end } of some) end.resolve(rows.get(id));
      } catch (error) {
        for (const { end } of some) end.reject(error);
      }
    }
    reading = false;
  }

  return (id) => {
    const end = Promise.withResolvers<TargetRow | undefined>();
    waiting.push({ id, end });
    // Who asks in the same turn comes along.
    if (!reading) {
      reading = true;
      setImmediate(() => void readAll());
    }
    return end.promise;
  };
}
