import { BlockList, isIP } from 'node:net';

/** Networks that are nobody's on the internet, or this machine's own (IANA special-purpose registries, RFC 6890). */
const PRIVATE_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Only 2000::/3 is given out; of it these are not, or wrap an IPv4 address (6to4, Teredo). */
const PRIVATE_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return list;
}

const privateV4 = blockList(PRIVATE_V4);
const privateV6 = blockList(PRIVATE_V6);
const given = blockList(['2000::/3']);

/** True for an address that the internet routes to somebody: not this machine, its networks, or a documentation range. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !privateV4.check(address, 'ipv4');
    case 6:
      // Mapped and translated IPv4 addresses (::ffff:0:0/96, 64:ff9b::/96) lie outside of 2000::/3.
      return given.check(address, 'ipv6') && !privateV6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Whom SOTP may be sent to by somebody who uses it: public addresses, and what the configuration names. */
export interface TargetGuard {
  /** `host` is what was asked for, `address` what it resolved to. */
  allows(host: string, address: string): boolean;
}

/** Entries are host names, addresses and CIDR ranges. A name that is allowed may resolve to anything. */
export function createTargetGuard(allowed: readonly string[]): TargetGuard {
  const isNetwork = (entry: string) => isIP(entry.split('/')[0] ?? '') !== 0;
  const networks = blockList(allowed.filter(isNetwork));
  const names = new Set(allowed.filter((entry) => !isNetwork(entry)).map((entry) => entry.toLowerCase()));
  return {
    allows(host, address) {
      const family = isIP(address);
      if (family === 0) return false;
      if (isPublicAddress(address) || names.has(host.toLowerCase().replace(/\.$/, ''))) return true;
      return networks.check(address, family === 6 ? 'ipv6' : 'ipv4');
    },
  };
}
