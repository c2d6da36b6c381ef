import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { encodeNumber, encodeOctets } from '@sotp/simulator/mib.ts';
import type { Variable } from '@sotp/simulator/mib.ts';
import type { Device } from './device.ts';

const UPS = '1.3.6.1.2.1.33.1';

/** UPS-MIB (RFC 1628): identity, battery, input and output. */
export function upsVariables(device: Device): Variable<Device>[] {
  const { manufacturer, model, software } = device.model;
  const fixed = (oid: string, value: number): Variable<Device> => ({
    oid: `${UPS}.${oid}`,
    value: encodeNumber(SnmpType.integer, value),
  });
  const moving = (oid: string, middle: number, by: number, periodMs: number): Variable<Device> => ({
    oid: `${UPS}.${oid}`,
    value: {
      tag: SnmpType.integer,
      number: (_, nowMs) => Math.round(middle + by * Math.sin(((nowMs % periodMs) / periodMs) * 2 * Math.PI)),
    },
  });
  return [
    { oid: `${UPS}.1.1.0`, value: encodeOctets(manufacturer) },
    { oid: `${UPS}.1.2.0`, value: encodeOctets(model) },
    { oid: `${UPS}.1.3.0`, value: encodeOctets(software) },
    { oid: `${UPS}.1.5.0`, value: encodeOctets(device.name) },
    fixed('2.1.0', 2), // battery normal
    fixed('2.2.0', 0), // seconds on battery
    moving('2.3.0', 46, 4, 1_200_000), // minutes remaining
    fixed('2.4.0', 100), // charge, percent
    moving('2.5.0', 546, 3, 600_000), // 0.1 V
    moving('2.7.0', 25, 2, 3_600_000), // degrees Celsius
    fixed('3.2.0', 1),
    fixed('3.3.1.1.1', 1),
    moving('3.3.1.2.1', 500, 1, 90_000), // 0.1 Hz
    moving('3.3.1.3.1', 231, 3, 240_000), // V
    fixed('4.1.0', 3), // output source: normal
    moving('4.2.0', 500, 1, 90_000),
    fixed('4.3.0', 1),
    fixed('4.4.1.1.1', 1),
    fixed('4.4.1.2.1', 230),
    moving('4.4.1.3.1', 52, 6, 900_000), // 0.1 A
    moving('4.4.1.4.1', 1180, 140, 900_000), // W
    moving('4.4.1.5.1', 44, 5, 900_000), // percent load
  ];
}
