import type { MemoryFacts, ProcessorFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import { planned } from './reading.ts';
import type { Reading } from './reading.ts';
import { numberOf } from './values.ts';

const MEMORY = '1.3.6.1.4.1.2021.4';
const CPU = '1.3.6.1.4.1.2021.11';
const LOAD = '1.3.6.1.4.1.2021.10.1.3';

const MEMORY_METRICS = [
  [3, 'memTotalSwap'],
  [4, 'memAvailSwap'],
  [5, 'memTotalReal'],
  [6, 'memAvailReal'],
  [14, 'memBuffer'],
  [15, 'memCached'],
] as const;

/** UCD-SNMP-MIB, which net-snmp speaks: memory, processor time and load averages of Unix systems. */
export async function readUcd(reader: SnmpReader): Promise<Reading> {
  const oids = [...MEMORY_METRICS.map(([arc]) => `${MEMORY}.${arc}.0`), `${CPU}.11.0`, `${CPU}.9.0`, `${CPU}.10.0`];
  const cells = await reader.get(oids);
  const values = cells.map(numberOf);
  const series: PlannedSeries[] = [];
  MEMORY_METRICS.forEach(([, metric], i) => {
    if (values[i] === null) return;
    series.push(
      planned(oids[i] ?? '', metric, 'gauge', 'octets', {}, { scale: 1024, cadence: i < 4 ? 'fast' : 'slow' }),
    );
  });
  const processors: ProcessorFacts[] = [];
  const [idle, user, kernel] = values.slice(6);
  if (idle != null && idle >= 0 && idle <= 100) {
    processors.push({ oid: `${CPU}.11.0`, name: 'Processor', usagePercent: 100 - idle });
    series.push(planned(`${CPU}.11.0`, 'ssCpuIdle', 'gauge', '%', {}));
    if (user != null) series.push(planned(`${CPU}.9.0`, 'ssCpuUser', 'gauge', '%', {}));
    if (kernel != null) series.push(planned(`${CPU}.10.0`, 'ssCpuSystem', 'gauge', '%', {}));
  }
  series.push(
    ...(await loadSeries(
      reader,
      values.some((value) => value != null),
    )),
  );
  return { facts: { memory: memoryFacts(values), processors }, series };
}

function memoryFacts(values: readonly (number | null)[]): MemoryFacts[] {
  const [totalSwap, freeSwap, total, free, buffers, cached] = values;
  const memory: MemoryFacts[] = [];
  if (total != null && free != null && total > 0) {
    // Buffers and page cache are given back on demand, so they do not count as used.
    const used = Math.max(0, total - free - (buffers ?? 0) - (cached ?? 0));
    memory.push(pool('Memory', total, used));
  }
  if (totalSwap != null && freeSwap != null && totalSwap > 0)
    memory.push(pool('Swap', totalSwap, totalSwap - freeSwap));
  return memory;
}

function pool(name: string, totalKib: number, usedKib: number): MemoryFacts {
  return {
    name,
    totalBytes: totalKib * 1024,
    usedBytes: usedKib * 1024,
    usedPercent: Math.round((10_000 * usedKib) / totalKib) / 100,
  };
}

async function loadSeries(reader: SnmpReader, speaksUcd: boolean): Promise<PlannedSeries[]> {
  if (!speaksUcd) return [];
  const loads = await reader.get([1, 2, 3].map((row) => `${LOAD}.${row}`));
  const minutes = ['1', '5', '15'];
  return loads.flatMap((load, i) =>
    load === null ? [] : [planned(load.oid, 'laLoad', 'gauge', null, { minutes: minutes[i] ?? '' }, { text: true })],
  );
}
