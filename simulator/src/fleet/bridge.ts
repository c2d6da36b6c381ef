import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { encodeNumber, encodeOctets, encodeOidValue } from '@sotp/simulator/mib.ts';
import type { Variable } from '@sotp/simulator/mib.ts';
import type { Device, End } from './device.ts';
import { macOf, portName } from './interfaces.ts';

const LLDP = '1.0.8802.1.1.2.1';
const BRIDGE = '1.3.6.1.2.1.17';
const VLANS: Readonly<Record<number, string>> = {
  1: 'default',
  10: 'users',
  20: 'voice',
  30: 'servers',
  99: 'management',
};
const MAC_ADDRESS = 4; // LldpChassisIdSubtype
const INTERFACE_NAME = 5; // LldpPortIdSubtype
const IPV4 = '1.4';

/** LLDP-MIB (IEEE 802.1AB): this device, its ports, and the device at the other end of each cable. */
export function lldpVariables(
  device: Device,
  neighbors: readonly { readonly ifIndex: number; readonly far: End }[],
  all: readonly Device[],
) {
  const integer = (value: number): Uint8Array => encodeNumber(SnmpType.integer, value);
  const variables: Variable<Device>[] = [
    { oid: `${LLDP}.3.1.0`, value: integer(MAC_ADDRESS) },
    { oid: `${LLDP}.3.2.0`, value: encodeOctets(macOf(device, 0)) },
    { oid: `${LLDP}.3.3.0`, value: encodeOctets(device.name) },
    { oid: `${LLDP}.3.4.0`, value: encodeOctets(device.model.sysDescr) },
  ];
  for (let ifIndex = 1; ifIndex <= device.ports; ifIndex++) {
    const name = encodeOctets(portName(device, ifIndex));
    variables.push(
      { oid: `${LLDP}.3.7.1.2.${ifIndex}`, value: integer(INTERFACE_NAME) },
      { oid: `${LLDP}.3.7.1.3.${ifIndex}`, value: name },
      { oid: `${LLDP}.3.7.1.4.${ifIndex}`, value: name },
    );
  }
  for (const { ifIndex, far } of neighbors) {
    const neighbor = all[far.device];
    if (!neighbor) continue;
    const row = `0.${ifIndex}.1`;
    const cells: Readonly<Record<number, Uint8Array>> = {
      4: integer(MAC_ADDRESS),
      5: encodeOctets(macOf(neighbor, 0)),
      6: integer(INTERFACE_NAME),
      7: encodeOctets(portName(neighbor, far.ifIndex)),
      8: encodeOctets(portName(neighbor, far.ifIndex)),
      9: encodeOctets(neighbor.name),
      10: encodeOctets(neighbor.model.sysDescr),
      11: encodeOctets(Uint8Array.of(0x28)),
      12: encodeOctets(Uint8Array.of(0x20)),
    };
    for (const [column, value] of Object.entries(cells))
      variables.push({ oid: `${LLDP}.4.1.1.${column}.${row}`, value });
    const address = `${row}.${IPV4}.${neighbor.address}`;
    variables.push(
      { oid: `${LLDP}.4.2.1.3.${address}`, value: integer(2) },
      { oid: `${LLDP}.4.2.1.4.${address}`, value: integer(far.ifIndex) },
      { oid: `${LLDP}.4.2.1.5.${address}`, value: encodeOidValue('0.0') },
    );
  }
  return variables;
}

/** BRIDGE-MIB and Q-BRIDGE-MIB (RFC 4188, RFC 4363): which port is which interface, and the VLANs by name. */
export function bridgeVariables(device: Device): Variable<Device>[] {
  const variables: Variable<Device>[] = [
    { oid: `${BRIDGE}.1.1.0`, value: encodeOctets(macOf(device, 0)) },
    { oid: `${BRIDGE}.1.2.0`, value: encodeNumber(SnmpType.integer, device.ports) },
  ];
  for (let port = 1; port <= device.ports; port++) {
    variables.push({ oid: `${BRIDGE}.1.4.1.2.${port}`, value: encodeNumber(SnmpType.integer, port) });
  }
  for (const [id, name] of Object.entries(VLANS)) {
    variables.push(
      { oid: `${BRIDGE}.7.1.4.3.1.1.${id}`, value: encodeOctets(name) },
      { oid: `${BRIDGE}.7.1.4.3.1.5.${id}`, value: encodeNumber(SnmpType.integer, 1) },
    );
  }
  return variables;
}

/** IP-MIB (RFC 4293, the table of RFC 1213): the device's one address, on its last port. */
export function addressVariables(device: Device): Variable<Device>[] {
  const entry = '1.3.6.1.2.1.4.20.1';
  const octets = Uint8Array.from(device.address.split('.'), Number);
  return [
    { oid: `${entry}.1.${device.address}`, value: encodeOctets(octets, SnmpType.ipAddress) },
    { oid: `${entry}.2.${device.address}`, value: encodeNumber(SnmpType.integer, device.ports) },
    { oid: `${entry}.3.${device.address}`, value: encodeOctets(Uint8Array.of(255, 255, 255, 0), SnmpType.ipAddress) },
  ];
}
