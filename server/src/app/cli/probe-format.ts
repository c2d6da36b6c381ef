import type { ProbeResult } from './probe-run.ts';
import { formatFields, formatTable } from './table.ts';

/** A probe's result for people: who it is, then a table a section. */
export function formatInventory(result: ProbeResult): string[] {
  if (result.error !== undefined) return [`${result.target}: ${result.error}`, ''];
  const { system } = result;
  const lines = [
    result.target,
    ...formatFields(
      Object.entries(system ?? {}).map(([name, value]) => [name, typeof value === 'string' ? oneLine(value) : value]),
    ),
  ];
  const section = (title: string, header: string[], rows: (string | number | null | undefined)[][]): void => {
    if (rows.length === 0) return;
    const cells = rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? '' : String(cell))));
    lines.push('', `${title} (${rows.length})`, ...formatTable(header, cells));
  };
  section(
    'Interfaces',
    ['ifIndex', 'name', 'admin', 'oper', 'Mbit/s', 'alias'],
    (result.interfaces ?? []).map((port) => [
      port.ifIndex,
      port.ifName ?? port.ifDescr,
      port.adminStatus,
      port.operStatus,
      port.speedBps === null ? null : port.speedBps / 1e6,
      port.ifAlias,
    ]),
  );
  section(
    'Addresses',
    ['address', 'prefix', 'ifIndex'],
    (result.addresses ?? []).map((a) => [a.address, a.prefixLength, a.ifIndex]),
  );
  section(
    'Sensors',
    ['kind', 'value', 'unit', 'state', 'name'],
    (result.sensors ?? []).map((s) => [s.kind, s.value, s.unit, s.state, s.name]),
  );
  section(
    'Transceivers',
    ['port', 'model', 'serial', 'receives dBm', 'sends dBm', 'C'],
    (result.transceivers ?? []).map((t) => {
      const first = (kind: string) => t.readings.find((reading) => reading.kind === kind)?.value;
      return [t.name, t.model, t.serial, first('rxPower'), first('txPower'), first('temperature')];
    }),
  );
  section(
    'Processors',
    ['%', 'name'],
    (result.processors ?? []).map((p) => [p.usagePercent, p.name]),
  );
  const pools = [...(result.memory ?? []), ...(result.storage ?? [])];
  section(
    'Memory and storage',
    ['% used', 'MiB', 'name'],
    pools.map((p) => [p.usedPercent, p.totalBytes === undefined ? null : Math.round(p.totalBytes / 2 ** 20), p.name]),
  );
  section(
    'Hardware',
    ['index', 'class', 'model', 'serial', 'description'],
    (result.hardware ?? []).map((h) => [h.index, h.class, h.model, h.serial, h.description ?? h.name]),
  );
  section(
    'VLANs',
    ['id', 'name'],
    (result.vlans ?? []).map((v) => [v.id, v.name]),
  );
  section(
    'Neighbours',
    ['protocol', 'ifIndex', 'device', 'port'],
    (result.neighbors ?? []).map((n) => [n.protocol, n.localIfIndex, n.remoteName, n.remotePort]),
  );
  return [...lines, ''];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
