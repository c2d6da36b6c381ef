import { isIP } from 'node:net';

/** Digits padded, so that "sw2" comes before "sw10" when keys are compared byte by byte. */
export function nameKey(name: string): string {
  return name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}

/** The eight groups of an IPv6 address, each of four hex digits; the zone, if any, behind. */
function expandIpv6(address: string): string {
  const [plain = '', zone] = address.toLowerCase().split('%');
  // An IPv4 tail (::ffff:10.0.0.1) becomes two groups.
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const hex = dotted
    ? plain.slice(0, dotted.index) +
      [1, 3].map((i) => ((Number(dotted[i]) << 8) | Number(dotted[i + 1])).toString(16)).join(':')
    : plain;
  const [head = '', tail] = hex.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  return groups.map((group) => group.padStart(4, '0')).join(':') + (zone ? `%${zone}` : '');
}

/** A key under which IPv4 addresses come first, then IPv6, then names, each in its natural order. */
export function addressKey(address: string): string {
  const family = isIP(address.split('%')[0] ?? '');
  if (family === 4) {
    return `4:${address
      .split('.')
      .map((octet) => octet.padStart(3, '0'))
      .join('.')}`;
  }
  if (family === 6) return `6:${expandIpv6(address)}`;
  return `n:${nameKey(address)}`;
}
