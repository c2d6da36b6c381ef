import type { SensorFacts, TransceiverReading } from '@sotp/contract/inventory.ts';
import { tidy } from '#collectors/snmp/knowledge/values.ts';

const RECEIVED = /rx|rcv|receiv|input|in_?power/i;
const SENT = /tx|trans(?:mi|mt)|output|launch|out_?power|laser_?power/i;
const LANE = /(?:lane|channel|chan|laser)[ _-]?#?(\d{1,2})/i;

/** What a sensor says of a transceiver, by its kind and by what its column or entity is called; null where it is unclear. */
export function opticReading(sensor: SensorFacts, called: string, lane: number | null): TransceiverReading | null {
  const { oid, value, unit, limits } = sensor;
  const found = LANE.exec(called)?.[1];
  const common = { oid, lane: lane ?? (found === undefined ? null : Number(found)), ...(limits && { limits }) };
  if (sensor.kind === 'temperature') return { kind: 'temperature', ...common, value, unit };
  if (sensor.kind === 'voltage') return { kind: 'voltage', ...common, value, unit };
  if (sensor.kind === 'current') return { kind: 'bias', ...common, value, unit };
  if (sensor.kind !== 'dbm' && sensor.kind !== 'power') return null;
  // "Transceiver receive power" transmits nothing.
  const words = called.replaceAll(/transceiver/gi, '');
  const kind = RECEIVED.test(words) ? 'rxPower' : SENT.test(words) ? 'txPower' : null;
  if (!kind) return null;
  if (unit !== 'W') return { kind, ...common, value, unit: unit ?? 'dBm' };
  return {
    kind,
    oid,
    lane: common.lane,
    value: decibels(value),
    unit: 'dBm',
    ...(limits && { limits: inDecibels(limits) }),
  };
}

/** Watts as dBm; a laser that is dark has no logarithm. */
function decibels(watts: number | null): number | null {
  return watts !== null && watts > 0 ? tidy(Math.round(1e4 * Math.log10(watts * 1000)) / 1e3) : null;
}

function inDecibels(limits: NonNullable<SensorFacts['limits']>): NonNullable<SensorFacts['limits']> {
  const shown = Object.entries(limits).map(([name, value]) => [name, decibels(value)] as const);
  return Object.fromEntries(shown.filter(([, value]) => value !== null));
}
