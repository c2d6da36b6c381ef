/** Mixes 32 bits so that neighbouring inputs land far apart (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 code units, 32 bits. */
function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Partitions of a zone: as many collectors can share one site. Both numbers are those of `worker_beat` in SQL. */
const ZONE_PARTITIONS = 2;
const ZONE_SPAN = 1_000;

/**
 * The partition a device belongs to: the same in every process. Devices of a site that is polled locally are in the
 * partitions of its zone; all others are in zone 0.
 */
export function partitionOf(deviceId: number, partitions: number, zone = 0): number {
  return zone === 0 ? mix(deviceId) % partitions : zone * ZONE_SPAN + (mix(deviceId) % ZONE_PARTITIONS);
}

/**
 * The phase of a (device, collector) within its interval, in ms: slots are the instants `t` with
 * `t mod intervalMs = phase`, evenly spread over devices, so the load is flat.
 */
export function phaseOf(deviceId: number, collector: string, intervalMs: number): number {
  return mix(mix(deviceId) ^ hashText(collector)) % intervalMs;
}
