import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { V3 } from '../device.ts';
import { startProgramPeer } from './peer.ts';
import type { Peer, Plan } from './peer.ts';

/**
 * The same columns by a program in C on net-snmp's library, which waits for answers as its manual says (select over all
 * sessions) or in the fastest way that there is (epoll). Null, with the reason printed, where it cannot be
 * built.
 */
export async function startLibnetsnmp(wait: 'select' | 'epoll', plan: Plan): Promise<Peer | null> {
  const program = join(mkdtempSync(join(tmpdir(), 'sotp-bench-')), 'libnetsnmp');
  const source = fileURLToPath(new URL('./libnetsnmp.c', import.meta.url));
  const built = spawnSync('cc', ['-O2', source, '-o', program, '-lnetsnmp'], { encoding: 'utf8' });
  if (built.status !== 0) {
    const why = built.error ? 'there is no C compiler' : 'its headers are missing';
    console.log(`skipped C libnetsnmp ${wait}: ${why} (Debian: apt-get install gcc libc6-dev libsnmp-dev)`);
    return null;
  }
  const env = { SNMP_AUTH: V3.auth, SNMP_PRIV: V3.priv, SNMP_WAIT: wait };
  return await startProgramPeer(`C libnetsnmp ${wait}`, program, plan, env);
}
