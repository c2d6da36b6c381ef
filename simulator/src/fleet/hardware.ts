import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { encodeNumber, encodeOctets, encodeOidValue } from '@sotp/simulator/mib.ts';
import type { Variable } from '@sotp/simulator/mib.ts';
import { chance } from './chance.ts';
import type { Device } from './device.ts';

const PHYSICAL = '1.3.6.1.2.1.47.1.1.1.1';
const SENSOR = '1.3.6.1.2.1.99.1.1.1';
/** PhysicalClass of RFC 6933. */
const CLASS = { chassis: 3, powerSupply: 6, fan: 7, sensor: 8, module: 9 } as const;
/** EntitySensorDataType of RFC 3433. */
const CELSIUS = 8;
const RPM = 10;
const WATTS = 6;

interface Part {
  readonly index: number;
  readonly parent: number;
  readonly class: keyof typeof CLASS;
  readonly name: string;
  readonly sensor?: { readonly type: number; readonly middle: number; readonly by: number };
}

function partsOf(device: Device): Part[] {
  const parts: Part[] = [
    { index: 1, parent: 0, class: 'chassis', name: 'Chassis' },
    { index: 2, parent: 1, class: 'module', name: 'Main board' },
    { index: 3, parent: 2, class: 'sensor', name: 'Inlet temperature', sensor: { type: CELSIUS, middle: 24, by: 3 } },
    {
      index: 4,
      parent: 2,
      class: 'sensor',
      name: 'Processor temperature',
      sensor: { type: CELSIUS, middle: 52, by: 9 },
    },
  ];
  const supplies = device.kind === 'access' ? 1 : 2;
  for (let n = 1; n <= supplies; n++) {
    const index = 10 * n;
    parts.push(
      { index, parent: 1, class: 'powerSupply', name: `Power supply ${n}` },
      {
        index: index + 1,
        parent: index,
        class: 'sensor',
        name: `Power supply ${n} output`,
        sensor: { type: WATTS, middle: 95, by: 20 },
      },
      { index: index + 2, parent: 1, class: 'fan', name: `Fan ${n}` },
      {
        index: index + 3,
        parent: index + 2,
        class: 'sensor',
        name: `Fan ${n} speed`,
        sensor: { type: RPM, middle: 5200, by: 600 },
      },
    );
  }
  return parts;
}

/** Serial number of a part. */
function serialOf(device: Device, index: number): string {
  const number = Math.floor(chance(device.seed, device.index, 900 + index) * 36 ** 6);
  return `S${number.toString(36).toUpperCase().padStart(6, '0')}${String(index).padStart(2, '0')}`;
}

/** ENTITY-MIB and ENTITY-SENSOR-MIB (RFC 6933, RFC 3433): chassis, power, fans and what they measure. */
export function hardwareVariables(device: Device): Variable<Device>[] {
  const { manufacturer, model, software } = device.model;
  return partsOf(device).flatMap((part): Variable<Device>[] => {
    const { index, sensor } = part;
    const isUnit = part.class === 'chassis' || part.class === 'powerSupply';
    const cells: Readonly<Record<number, Uint8Array>> = {
      2: encodeOctets(part.class === 'chassis' ? `${manufacturer} ${model}` : part.name),
      3: encodeOidValue('0.0'),
      4: encodeNumber(SnmpType.integer, part.parent),
      5: encodeNumber(SnmpType.integer, CLASS[part.class]),
      6: encodeNumber(SnmpType.integer, 1),
      7: encodeOctets(part.name),
      8: encodeOctets(isUnit ? 'A1' : ''),
      9: encodeOctets(''),
      10: encodeOctets(part.class === 'chassis' ? software : ''),
      11: encodeOctets(isUnit ? serialOf(device, index) : ''),
      12: encodeOctets(isUnit ? manufacturer : ''),
      13: encodeOctets(part.class === 'chassis' ? model : isUnit ? `${model.slice(0, 4)}-PWR-715` : ''),
      16: encodeNumber(SnmpType.integer, isUnit ? 1 : 2),
    };
    const variables: Variable<Device>[] = Object.entries(cells).map(([column, value]) => ({
      oid: `${PHYSICAL}.${column}.${index}`,
      value,
    }));
    if (!sensor) return variables;
    const number = (of: Device, nowMs: number): number => {
      const phase = chance(of.seed, of.index, 950 + index) * 2 * Math.PI;
      return Math.round(
        10 * (sensor.middle + sensor.by * Math.sin(((nowMs % 1_800_000) / 1_800_000) * 2 * Math.PI + phase)),
      );
    };
    const constants: Readonly<Record<number, number>> = { 1: sensor.type, 2: 9, 3: 1, 5: 1 };
    return [
      ...variables,
      ...Object.entries(constants).map(([column, value]) => ({
        oid: `${SENSOR}.${column}.${index}`,
        value: encodeNumber(SnmpType.integer, value),
      })),
      { oid: `${SENSOR}.4.${index}`, value: { tag: SnmpType.integer, number } },
    ];
  });
}
