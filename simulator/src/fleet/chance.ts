/** A number in [0, 1) that depends on the keys and on nothing else: the same fleet always has the same devices. */
export function chance(...keys: readonly number[]): number {
  let hash = 0x811c_9dc5;
  for (const key of keys) {
    hash = Math.imul(hash ^ (key | 0), 0x85eb_ca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2_ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 0x1_0000_0000;
}

/** One of a list, by the keys. */
export function pick<T>(list: readonly [T, ...T[]], ...keys: readonly number[]): T {
  return list[Math.floor(chance(...keys) * list.length)] ?? list[0];
}
