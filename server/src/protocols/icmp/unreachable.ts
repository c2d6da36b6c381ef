import type { IpFamily } from './echo.ts';

/** Names of the codes of destination unreachable: RFC 792 and RFC 1812 section 5.2.7.1, RFC 4443 section 3.1. */
const CODES: Record<IpFamily, Readonly<Record<number, string>>> = {
  4: {
    0: 'network unreachable',
    1: 'host unreachable',
    2: 'protocol unreachable',
    3: 'port unreachable',
    4: 'packet too big',
    5: 'source route failed',
    6: 'network unknown',
    7: 'host unknown',
    8: 'host isolated',
    9: 'network administratively prohibited',
    10: 'host administratively prohibited',
    11: 'network unreachable for the type of service',
    12: 'host unreachable for the type of service',
    13: 'administratively filtered',
    14: 'host precedence violation',
    15: 'precedence cut-off',
  },
  6: {
    0: 'no route to the destination',
    1: 'administratively filtered',
    2: 'beyond the scope of the source address',
    3: 'address unreachable',
    4: 'port unreachable',
    5: 'source address refused by policy',
    6: 'route rejected',
  },
};

/** What an ICMP error message says, in words, or null for a type that says nothing about reaching the destination. */
export function describeIcmpError(family: IpFamily, type: number, code: number): string | null {
  const [unreachable, timeExceeded] = family === 4 ? [3, 11] : [1, 3];
  if (type === unreachable) return CODES[family][code] ?? `destination unreachable (code ${code})`;
  if (type === timeExceeded) return code === 0 ? 'hop limit exceeded on the way' : 'fragments missing';
  return null;
}
