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

/** The partition a device belongs to: the same in every process. */
export function partitionOf(deviceId: number, partitions: number): number {
  return mix(deviceId) % partitions;
}

/**
 * The phase of a (device, collector) within its interval, in ms: slots are the instants `t` with
 * `t mod intervalMs = phase`, evenly spread over devices, so the load is flat.
 */
export function phaseOf(deviceId: number, collector: string, intervalMs: number): number {
  return mix(mix(deviceId) ^ hashText(collector)) % intervalMs;
}
