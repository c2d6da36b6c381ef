const SLAB_OCTETS = 256 * 1024;

/** Gives out memory for datagrams that came together, cut from larger pieces: one allocation for many. */
export function createSlabs(): (octets: number) => Buffer {
  let slab = Buffer.allocUnsafeSlow(SLAB_OCTETS);
  let used = 0;
  return (octets) => {
    if (used + octets > slab.length) {
      slab = Buffer.allocUnsafeSlow(Math.max(SLAB_OCTETS, octets));
      used = 0;
    }
    return slab.subarray(used, (used += octets));
  };
}
