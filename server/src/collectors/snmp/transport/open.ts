import { openDgramTransport } from './dgram.ts';
import type { DgramTransportDeps } from './dgram.ts';
import { canBatch, openKoffiTransport } from './koffi.ts';
import type { SnmpTransport } from './transport.ts';

/** The fastest transport that this machine offers. */
export async function openTransport(deps: DgramTransportDeps): Promise<SnmpTransport> {
  if (canBatch()) {
    try {
      return await openKoffiTransport(deps);
    } catch (error) {
      deps.log.info({ err: error }, 'SNMP: no batched system calls here, going on without');
    }
  }
  return await openDgramTransport(deps);
}
