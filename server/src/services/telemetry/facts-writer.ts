import type { DeviceEvent } from '@sotp/contract/live.ts';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import { forEachLimited } from '#platform/concurrency.ts';
import { toAppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { DeviceStore } from '#stores/devices/devices.ts';
import type { FactsRecord } from './spool.ts';

export interface FactsWriterDeps {
  readonly devices: Pick<DeviceStore, 'writeFacts' | 'writeUptimes'>;
  readonly bus: Bus;
  readonly log: Log;
  /** The store will not have the facts of the device. */
  readonly refused: (deviceId: number) => void;
}

/** Makes facts durable and tells who looks at the devices. */
export interface FactsWriter {
  write(records: readonly FactsRecord[]): Promise<void>;
  counters(): Record<string, number>;
}

/** Devices of one batch whose facts are written at once: each is a dozen round trips, which a busy process makes slowly. */
const AT_ONCE = 4;

/** Runs `work` for every record: those of one device in order, several devices at once. */
export async function eachDevice(
  records: readonly FactsRecord[],
  work: (record: FactsRecord) => Promise<void>,
): Promise<void> {
  const byDevice = Map.groupBy(records, ({ deviceId }) => deviceId);
  await forEachLimited([...byDevice.values()], AT_ONCE, async (own) => {
    for (const record of own) await work(record);
  });
}

export function createFactsWriter({ devices, bus, log, refused }: FactsWriterDeps): FactsWriter {
  const counters = { facts_written_total: 0, facts_refused_total: 0 };

  /** Every device tells its uptime every few minutes: all of a batch in one statement, and no news to anybody. */
  async function writeUptimes(records: readonly FactsRecord[]): Promise<void> {
    const uptimes = records.flatMap(({ deviceId, at, facts: { system } }) =>
      system?.uptimeSeconds == null ? [] : [{ deviceId, at, uptimeSeconds: system.uptimeSeconds }],
    );
    if (uptimes.length > 0) await devices.writeUptimes(uptimes);
    counters.facts_written_total += uptimes.length;
  }

  return {
    async write(records) {
      await writeUptimes(records.filter(({ onlyUptime }) => onlyUptime === true));
      const whole = records.filter(({ onlyUptime }) => onlyUptime !== true);
      await eachDevice(whole, async (record) => {
        try {
          await devices.writeFacts(record.deviceId, record.at, record.facts, record.partial);
          counters.facts_written_total++;
          const event: DeviceEvent = { deviceId: String(record.deviceId), change: 'facts' };
          bus.publish(BUS_TOPICS.devices, event);
        } catch (thrown) {
          const error = toAppError(thrown);
          if (error.retryable) throw error;
          // A device that was removed meanwhile, or facts that the store cannot hold: the next ones will tell.
          counters.facts_refused_total++;
          refused(record.deviceId);
          log.warn({ device: record.deviceId, err: error.message }, 'the store refuses the facts of a device');
        }
      });
    },
    counters: () => ({ ...counters }),
  };
}
