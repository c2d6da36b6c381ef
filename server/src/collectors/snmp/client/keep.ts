/** A copy with memory of its own: a few octets out of a shared pool would keep the whole of it for as long as they live. */
export function keep(octets: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(octets.length);
  copy.set(octets);
  return copy;
}
