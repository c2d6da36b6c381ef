import ipaddr from 'ipaddr.js';

/**
 * An address in its one normal form: `10.1.2.3` (also for `10.1.515` and IPv4-mapped IPv6), IPv6 shortened as
 * RFC 5952 says, host names in lower case without the root's dot.
 */
export function normalAddress(address: string): string {
  const text = address.trim();
  if (ipaddr.IPv4.isValid(text)) return ipaddr.IPv4.parse(text).toString();
  if (ipaddr.IPv6.isValid(text)) {
    const parsed = ipaddr.IPv6.parse(text);
    return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toRFC5952String();
  }
  return text.toLowerCase().replace(/\.$/, '');
}

/** What makes two devices the same: where they are asked, as `10.1.2.3:161` or `[2001:db8::1]:161`. */
export function endpointOf(address: string, port: number): string {
  const normal = normalAddress(address);
  return normal.includes(':') ? `[${normal}]:${port}` : `${normal}:${port}`;
}
