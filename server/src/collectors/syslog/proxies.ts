import ipaddr from 'ipaddr.js';

/** True for addresses in one of the networks, which are given as `10.0.0.0/8` or single addresses. */
export function createProxyList(networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map((network) =>
    network.includes('/')
      ? ipaddr.parseCIDR(network)
      : ([ipaddr.parse(network), network.includes(':') ? 128 : 32] as ReturnType<typeof ipaddr.parseCIDR>),
  );
  if (ranges.length === 0) return () => false;
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    return ranges.some((range) => range[0].kind() === parsed.kind() && parsed.match(range));
  };
}
