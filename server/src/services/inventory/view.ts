import type { CollectorState, Device } from '@sotp/contract/devices.ts';
import type { CollectorRun, StoredCollector, StoredDevice } from '#stores/devices/devices.ts';

const instant = (at: number) => new Date(at).toISOString();

function collectorState(collector: StoredCollector, run: CollectorRun | undefined): CollectorState {
  return {
    name: collector.name,
    intervalSeconds: collector.intervalSeconds,
    settings: { ...collector.settings },
    up: run?.up ?? null,
    lastRunAt: run ? instant(run.at) : null,
    durationMs: run?.durationMs ?? null,
    error: run?.error ?? null,
  };
}

/** A device as the API shows it. */
export function toDevice(device: StoredDevice): Device {
  const { system } = device;
  return {
    id: String(device.id),
    name: device.name,
    address: device.address,
    status: device.status,
    statusCode: device.statusCode,
    statusReason: device.statusReason,
    statusSince: instant(device.statusSince),
    lastSeenAt: device.lastSeenAt === null ? null : instant(device.lastSeenAt),
    vendor: system.vendor,
    model: system.model,
    os: system.os,
    osVersion: system.osVersion,
    serial: system.serial,
    sysObjectId: system.sysObjectId,
    sysName: system.sysName,
    sysDescr: system.sysDescr,
    location: system.location,
    contact: system.contact,
    uptimeSeconds: system.uptimeSeconds,
    site: device.site,
    tags: [...device.tags],
    credentials: device.credentialIds.map(String),
    collectors: device.collectors.map((collector) =>
      collectorState(
        collector,
        device.runs.find((run) => run.name === collector.name),
      ),
    ),
    parents: device.parentIds.map(String),
    maintenance: device.maintenance && {
      since: instant(device.maintenance.since),
      until: device.maintenance.until === null ? null : instant(device.maintenance.until),
      note: device.maintenance.note,
    },
    createdAt: instant(device.createdAt),
  };
}
