import type { InterfaceFacts, NeighborFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { arcsOf, ipOf, macOf, numberOf, textOf } from './values.ts';

type Cell = SnmpVarbind | null | undefined;

const LLDP_REMOTE = '1.0.8802.1.1.2.1.4.1.1';
const LLDP_ADDRESS = '1.0.8802.1.1.2.1.4.2.1.3';
const LLDP_LOCAL = '1.0.8802.1.1.2.1.3.7.1';
const LLDP_V2_REMOTE = '1.3.111.2.802.1.1.13.1.4.1.1';
const BRIDGE_PORT = '1.3.6.1.2.1.17.1.4.1.2';
const CDP_CACHE = '1.3.6.1.4.1.9.9.23.1.2.1.1';

/** Neighbours that announce themselves by LLDP (IEEE 802.1AB) or CDP, each with the local port's ifIndex. */
export async function readNeighbors(
  reader: SnmpReader,
  interfaces: readonly InterfaceFacts[],
): Promise<NeighborFacts[]> {
  return [...(await readLldp(reader, interfaces)), ...(await readLldpV2(reader)), ...(await readCdp(reader))];
}

async function readLldp(reader: SnmpReader, interfaces: readonly InterfaceFacts[]): Promise<NeighborFacts[]> {
  const rows = await reader.table([4, 5, 6, 7, 8, 9].map((column) => `${LLDP_REMOTE}.${column}`));
  if (rows.size === 0) return [];
  const portOf = await lldpPorts(reader, interfaces);
  const addresses = await lldpAddresses(reader);
  const neighbors: NeighborFacts[] = [];
  for (const [index, [chassisType, chassis, portType, port, portDescr, name]] of rows) {
    const [, local = -1, remote = -1] = arcsOf(index);
    const remoteAddress = addresses.get(`${local}.${remote}`);
    neighbors.push({
      protocol: 'lldp',
      localIfIndex: portOf(local),
      remoteName: textOf(name) ?? idText(numberOf(chassisType), chassis, [4, 5]),
      remotePort: idText(numberOf(portType), port, [3, 4]) ?? textOf(portDescr),
      ...(remoteAddress === undefined ? {} : { remoteAddress }),
    });
  }
  return neighbors;
}

/** A chassis or port id by its subtype: a MAC address, a network address, or text. */
function idText(subtype: number | null, id: Cell, [mac, network]: readonly [number, number]): string | null {
  if (subtype === mac) return macOf(id) ?? textOf(id);
  if (subtype === network && Buffer.isBuffer(id?.value)) return ipOf(id.value.subarray(1)) ?? textOf(id);
  return textOf(id);
}

/** lldpRemManAddrIfId: the address is in the index, behind (time mark, local port, remote), its family and length. */
async function lldpAddresses(reader: SnmpReader): Promise<Map<string, string>> {
  const addresses = new Map<string, string>();
  for (const varbind of await reader.walk(LLDP_ADDRESS)) {
    const [, local, remote, , length = 0, ...octets] = arcsOf(varbind.oid.slice(LLDP_ADDRESS.length + 1));
    const address = ipOf(octets.slice(0, length));
    const key = `${local}.${remote}`;
    if (address !== null && !addresses.has(key)) addresses.set(key, address);
  }
  return addresses;
}

/**
 * lldpLocPortNum is the agent's own numbering. What the port calls itself leads to the interface; where that leads
 * nowhere the number is the bridge port (BRIDGE-MIB) or, with most agents, the ifIndex itself.
 */
async function lldpPorts(
  reader: SnmpReader,
  interfaces: readonly InterfaceFacts[],
): Promise<(local: number) => number | null> {
  const indexes = new Set(interfaces.map((port) => port.ifIndex));
  const byName = namesOf(interfaces);
  const locals = await reader.table([2, 3, 4].map((column) => `${LLDP_LOCAL}.${column}`));
  const bridge = new Map<number, number>();
  for (const varbind of await reader.walk(BRIDGE_PORT)) {
    const ifIndex = numberOf(varbind);
    if (ifIndex !== null) bridge.set(Number(varbind.oid.slice(BRIDGE_PORT.length + 1)), ifIndex);
  }
  return (local) => {
    const [subtype, id, descr] = locals.get(String(local)) ?? [];
    const type = numberOf(subtype);
    const mac = type === 3 ? byName.get(macOf(id) ?? '') : undefined;
    const named = mac ?? byName.get(textOf(id) ?? '') ?? byName.get(textOf(descr) ?? '');
    if (named !== undefined) return named;
    const number = type === 7 ? Number(textOf(id)) : Number.NaN;
    if (indexes.has(number)) return number;
    return bridge.get(local) ?? (indexes.has(local) || interfaces.length === 0 ? local : null);
  };
}

/** Interfaces by every name that is theirs alone. */
function namesOf(interfaces: readonly InterfaceFacts[]): Map<string, number> {
  const byName = new Map<string, number>();
  const twice = new Set<string>();
  for (const field of ['ifName', 'ifDescr', 'mac', 'ifAlias'] as const) {
    const own = new Map<string, number>();
    for (const port of interfaces) {
      const name = port[field];
      if (name === null) continue;
      if (own.has(name)) twice.add(name);
      own.set(name, port.ifIndex);
    }
    for (const [name, ifIndex] of own) if (!byName.has(name) && !twice.has(name)) byName.set(name, ifIndex);
  }
  return byName;
}

/** LLDP-V2-MIB counts local ports by ifIndex: (time mark, ifIndex, destination MAC, remote). */
async function readLldpV2(reader: SnmpReader): Promise<NeighborFacts[]> {
  const rows = await reader.table([5, 6, 7, 8, 9, 10].map((column) => `${LLDP_V2_REMOTE}.${column}`));
  return [...rows].map(([index, [chassisType, chassis, portType, port, portDescr, name]]) => ({
    protocol: 'lldp',
    localIfIndex: arcsOf(index)[1] ?? null,
    remoteName: textOf(name) ?? idText(numberOf(chassisType), chassis, [4, 5]),
    remotePort: idText(numberOf(portType), port, [3, 4]) ?? textOf(portDescr),
  }));
}

/** CISCO-CDP-MIB cdpCacheTable, indexed by ifIndex. */
async function readCdp(reader: SnmpReader): Promise<NeighborFacts[]> {
  const rows = await reader.table([4, 6, 7].map((column) => `${CDP_CACHE}.${column}`));
  const neighbors: NeighborFacts[] = [];
  for (const [index, [address, name, port]] of rows) {
    const remoteAddress = Buffer.isBuffer(address?.value) ? ipOf(address.value) : null;
    neighbors.push({
      protocol: 'cdp',
      localIfIndex: arcsOf(index)[0] ?? null,
      remoteName: textOf(name),
      remotePort: textOf(port),
      ...(remoteAddress === null ? {} : { remoteAddress }),
    });
  }
  return neighbors;
}
