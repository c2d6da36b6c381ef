import type { MemoryFacts, ProcessorFacts, StorageFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import { planned } from './reading.ts';
import type { Reading } from './reading.ts';
import { numberOf, textOf } from './values.ts';

const STORAGE = '1.3.6.1.2.1.25.2.3.1';
const STORAGE_TYPES = '1.3.6.1.2.1.25.2.1.';
const PROCESSOR_LOAD = '1.3.6.1.2.1.25.3.3.1.2';
const DEVICE_DESCR = '1.3.6.1.2.1.25.3.2.1.3';

/** HOST-RESOURCES-MIB (RFC 2790): processors, and storage areas told apart into memory and storage. */
export async function readHostResources(reader: SnmpReader): Promise<Reading> {
  const [processors, storage] = [await readProcessors(reader), await readStorage(reader)];
  return {
    facts: { ...processors.facts, ...storage.facts },
    series: [...processors.series, ...storage.series],
  };
}

async function readProcessors(reader: SnmpReader): Promise<Reading> {
  const loads = await reader.walk(PROCESSOR_LOAD);
  if (loads.length === 0) return { facts: { processors: [] }, series: [] };
  const indexes = loads.map((load) => load.oid.slice(PROCESSOR_LOAD.length + 1));
  const names = await reader.get(indexes.map((index) => `${DEVICE_DESCR}.${index}`));
  const processors: ProcessorFacts[] = [];
  const series: PlannedSeries[] = [];
  for (const [i, load] of loads.entries()) {
    const usagePercent = numberOf(load);
    if (usagePercent === null) continue;
    const name = textOf(names[i]) ?? `Processor ${i + 1}`;
    processors.push({ oid: load.oid, name, usagePercent });
    series.push(planned(load.oid, 'hrProcessorLoad', 'gauge', '%', { processor: indexes[i] ?? '', name }));
  }
  return { facts: { processors }, series };
}

async function readStorage(reader: SnmpReader): Promise<Reading> {
  const rows = await reader.table([2, 3, 4, 5, 6].map((column) => `${STORAGE}.${column}`));
  const memory: MemoryFacts[] = [];
  const storage: StorageFacts[] = [];
  const series: PlannedSeries[] = [];
  for (const [index, [typeCell, nameCell, unitsCell, sizeCell, usedCell]] of rows) {
    const units = numberOf(unitsCell) ?? 1;
    const size = unsigned(numberOf(sizeCell));
    const used = unsigned(numberOf(usedCell));
    if (size === null || used === null || size <= 0) continue;
    const name = textOf(nameCell) ?? `Storage ${index}`;
    const area = { name, totalBytes: size * units, usedBytes: used * units, usedPercent: round((100 * used) / size) };
    const kind = kindOf(textOf(typeCell), name);
    (kind === 'memory' ? memory : storage).push(area);
    const labels = { storage: name, index, kind };
    const slow = { scale: units, cadence: 'slow' } as const;
    series.push(planned(`${STORAGE}.5.${index}`, 'hrStorageSize', 'gauge', 'octets', labels, slow));
    series.push(
      planned(`${STORAGE}.6.${index}`, 'hrStorageUsed', 'gauge', 'octets', labels, {
        scale: units,
        cadence: kind === 'memory' ? 'fast' : 'slow',
      }),
    );
  }
  return { facts: { memory, storage }, series };
}

/** hrStorageType: 2 is RAM, 3 virtual memory; "other" (1) is memory where its name says so. */
function kindOf(type: string | null, name: string): 'memory' | 'storage' {
  const number = type?.startsWith(STORAGE_TYPES) ? Number(type.slice(STORAGE_TYPES.length)) : 0;
  if (number === 2 || number === 3) return 'memory';
  if (number > 3) return 'storage';
  return /memory|swap|\bram\b/i.test(name) ? 'memory' : 'storage';
}

/** Sizes beyond 2^31 come as negative numbers from agents that use Integer32 as the MIB says. */
function unsigned(value: number | null): number | null {
  return value !== null && value < 0 ? value + 4_294_967_296 : value;
}

function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}
