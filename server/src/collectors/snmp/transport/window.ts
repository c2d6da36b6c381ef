import type { Log } from '#platform/log.ts';

/** What an answer of 1,472 octets costs in the kernel's receive buffer, with its bookkeeping. */
export const OCTETS_PER_ANSWER = 3072;
const MIN_WINDOW = 64;

/** How many requests may be in flight so that all their answers fit the receive buffer that the kernel granted. */
export function grantedWindow(wanted: number, receiveBufferOctets: number, log: Log): number {
  const granted = Math.floor(receiveBufferOctets / OCTETS_PER_ANSWER);
  const window = Math.max(MIN_WINDOW, Math.min(wanted, granted));
  if (window < Math.min(wanted, 256)) {
    log.warn(
      { window, receiveBufferOctets },
      'SNMP: the kernel grants a small receive buffer, so fewer requests are in flight; raise net.core.rmem_max to 4194304',
    );
  }
  return window;
}
