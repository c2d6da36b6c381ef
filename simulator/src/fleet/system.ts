import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { encodeNumber, encodeOctets, encodeOidValue } from '@sotp/simulator/mib.ts';
import type { Variable } from '@sotp/simulator/mib.ts';
import type { Device } from './device.ts';
import { bootCount, engineIdOf, upTime } from './traffic.ts';

const SYSTEM = '1.3.6.1.2.1.1';
const SNMP_ENGINE = '1.3.6.1.6.3.10.2.1';
/** RFC 3418: layers that the device works at. */
const SERVICES = { core: 6, distribution: 6, access: 2, router: 78, server: 72, ups: 64 } as const;

/** The system group (RFC 3418), and how long the agent runs (RFC 3411). */
export function systemVariables(sample: Device): Variable<Device>[] {
  const text = (of: (device: Device) => string): Variable<Device>['value'] => ({
    tag: SnmpType.octetString,
    octets: (device) => Buffer.from(of(device), 'utf8'),
  });
  return [
    { oid: `${SYSTEM}.1.0`, value: encodeOctets(sample.model.sysDescr) },
    { oid: `${SYSTEM}.2.0`, value: encodeOidValue(sample.model.sysObjectId) },
    { oid: `${SYSTEM}.3.0`, value: { tag: SnmpType.timeTicks, number: upTime } },
    { oid: `${SYSTEM}.4.0`, value: encodeOctets('noc@example.net') },
    { oid: `${SYSTEM}.5.0`, value: text((device) => device.name) },
    { oid: `${SYSTEM}.6.0`, value: text((device) => device.location) },
    { oid: `${SYSTEM}.7.0`, value: encodeNumber(SnmpType.integer, SERVICES[sample.kind]) },
    { oid: `${SNMP_ENGINE}.1.0`, value: { tag: SnmpType.octetString, octets: engineIdOf } },
    { oid: `${SNMP_ENGINE}.2.0`, value: { tag: SnmpType.integer, number: bootCount } },
    {
      oid: `${SNMP_ENGINE}.3.0`,
      value: { tag: SnmpType.integer, number: (device, nowMs) => Math.floor(upTime(device, nowMs) / 100) },
    },
  ];
}
