import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { PduType } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { COLUMNS } from '../device.ts';
import { startProgramPeer } from './peer.ts';
import type { Peer, Plan } from './peer.ts';

/** Values of one GET that fill its answer, as SOTP asks them. */
const VALUES_PER_GET = 60;
const ID = 0x0123_4567;

/**
 * No contender but what none can get below: the datagrams of a poll and nothing else. Null, with the reason printed,
 * where it cannot be built, and over v3, where nobody would answer it.
 */
export async function startFloor(plan: Plan): Promise<Peer | null> {
  if (plan.security === 'v3') return null;
  const program = join(mkdtempSync(join(tmpdir(), 'sotp-bench-')), 'floor');
  const source = fileURLToPath(new URL('./floor.c', import.meta.url));
  if (spawnSync('cc', ['-O2', source, '-o', program]).status !== 0) {
    console.log('skipped the floor: there is no C compiler (Debian: apt-get install gcc libc6-dev)');
    return null;
  }
  const rows = Array.from({ length: plan.ports }, (_, row) => row + 1);
  const oids = COLUMNS.flatMap((column) => rows.map((row) => `${column}.${row}`));
  const varbinds = oids.slice(0, VALUES_PER_GET).map((oid) => ({ oid, type: SnmpType.null, value: null }));
  const pdu = { type: PduType.get, requestId: ID, errorStatus: 0, errorIndex: 0, varbinds };
  const request = encodeMessage({ version: 1, community: 'public', pdu });
  return await startProgramPeer('the kernel alone', program, plan, {
    FLOOR_REQUEST: request.toString('hex'),
    FLOOR_ID_AT: String(request.indexOf(Buffer.from('020401234567', 'hex')) + 2),
    FLOOR_REQUESTS: String(Math.ceil(oids.length / VALUES_PER_GET)),
    FLOOR_VALUES: String(oids.length),
  });
}
