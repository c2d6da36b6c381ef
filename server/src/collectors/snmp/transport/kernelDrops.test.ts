import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { transportMetrics } from '#collectors/snmp/metrics.ts';
import { communitySecurity } from '#collectors/snmp/client/security.ts';
import { Session } from '#collectors/snmp/client/session.ts';
import { SYS_UP_TIME, read } from '#collectors/snmp/testing/session.ts';
import { openDgramTransport } from './dgram.ts';
import { dropsIn } from './kernelDrops.ts';
import { canBatch, openKoffiTransport } from './koffi.ts';

const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  501: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11111 2 0000000000000000 77
  502: 00000000:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 22222 2 0000000000000000 4321
`;

test('the drops of a socket are found by its port among those that are bound to all addresses', () => {
  assert.equal(dropsIn(TABLE, 0x1f90), 4321);
  assert.equal(dropsIn(TABLE, 0x1f91), 0);
  assert.equal(dropsIn('', 0x1f90), 0);
});

const skip = existsSync('/proc/net/udp') ? false : 'this system has no /proc/net/udp';
const deps = { clock: systemClock, log: silentLog, random: Math.random, window: 64 };
for (const [kind, open] of [
  ['dgram', openDgramTransport],
  ['koffi', openKoffiTransport],
] as const) {
  test(
    `${kind}: what the kernel drops is counted, and all that came in is accepted or dropped`,
    {
      skip: skip || (kind === 'koffi' && !canBatch() && 'no batched system calls here'),
    },
    async () => {
      const transport = await open(deps);
      const flooder = createSocket('udp4');
      try {
        flooder.bind(0, '127.0.0.1');
        await once(flooder, 'listening');
        const { port } = flooder.address();
        const endpoint = { address: '127.0.0.1', port, family: 4 } as const;
        const security = communitySecurity(1, 'public');
        const session = new Session({ transport, endpoint, security, timeoutMs: 100, tries: 1, random: Math.random });
        const asked = once(flooder, 'message');
        const silence = assert.rejects(read(session).get([SYS_UP_TIME]));
        const [, from] = await asked;
        // Nobody reads meanwhile: sending does not wait for the loop.
        const COUNT = 4000;
        const sent = Array.from({ length: COUNT }, () => {
          return new Promise((resolve) => flooder.send(Buffer.alloc(1400), from.port, '127.0.0.1', resolve));
        });
        await Promise.all([...sent, silence]);
        // Some more, with which the kernel says what it dropped before: until all have been accounted for.
        let count = COUNT;
        let metrics: Record<string, number> = {};
        for (let looks = 0; looks < 2000 && metrics['snmp_reply_received_total'] !== count; looks += 1) {
          // Seldom enough that a slow machine reads one before the next is sent.
          if (looks % 20 === 0) {
            await new Promise((resolve) => flooder.send(Buffer.alloc(3), from.port, '127.0.0.1', resolve));
            count += 1;
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
          metrics = transportMetrics(transport);
        }
        assert.equal(metrics['snmp_reply_received_total'], count);
        assert.ok((metrics['snmp_reply_dropped_total{reason="kernel"}'] ?? 0) > 0, 'the kernel dropped nothing');
        const dropped = Object.entries(metrics)
          .filter(([name]) => name.startsWith('snmp_reply_dropped_total'))
          .reduce((sum, [, value]) => sum + value, 0);
        assert.equal(metrics['snmp_reply_received_total'], (metrics['snmp_reply_accepted_total'] ?? 0) + dropped);
      } finally {
        flooder.close();
        await transport.close();
      }
    },
  );
}
