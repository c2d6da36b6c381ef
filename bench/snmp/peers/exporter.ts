import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLUMNS, V3, addressOf } from '../device.ts';
import { CONCURRENCY } from './peer.ts';
import type { Peer, Plan } from './peer.ts';

const PROGRAM = '/usr/bin/prometheus-snmp-exporter';
/** Clock ticks of /proc: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MICROS = 10_000;

/**
 * Debian's prometheus-snmp-exporter with the same columns, scraped over HTTP as Prometheus does; what it costs is read
 * from /proc. Null, with the reason printed, where it is not installed.
 */
export async function startExporter({ devices, ports, port, security }: Plan): Promise<Peer | null> {
  try {
    accessSync(PROGRAM);
  } catch {
    console.log('skipped snmp_exporter: not installed (Debian: apt-get install prometheus-snmp-exporter)');
    return null;
  }
  const config = join(mkdtempSync(join(tmpdir(), 'sotp-bench-')), 'snmp.yml');
  writeFileSync(config, moduleOf(ports, security));
  const web = await freePort();
  const child = spawn(
    PROGRAM,
    [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${web}`, '--log.level=error'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const cpuMicros = (): number => {
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
  };
  const scrape = async (device: number): Promise<number> => {
    const path = `/snmp?module=switch&target=${addressOf(device)}:${port}`;
    const request = get({ host: '127.0.0.1', port: web, path, agent });
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode?: number }];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    if (response.statusCode !== 200) throw new Error(`snmp_exporter: ${text.slice(0, 200)}`);
    // Its own figure of what it was told by SNMP.
    return Number(/^snmp_scrape_pdus_returned (\S+)/m.exec(text)?.[1] ?? 0);
  };
  for (let tries = 0; ; tries += 1) {
    try {
      await scrape(0);
      break;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  let next = 0;
  return {
    name: 'snmp_exporter',
    async round(ms) {
      const cpu = cpuMicros();
      const started = performance.now();
      let polls = 0;
      let varbinds = 0;
      const work = async (): Promise<void> => {
        while (performance.now() - started < ms) {
          next = (next + 1) % devices;
          const came = await scrape(next);
          varbinds += came;
          polls += 1;
        }
      };
      await Promise.all(Array.from({ length: Math.min(CONCURRENCY, devices) }, work));
      return { polls, varbinds, cpuMicros: cpuMicros() - cpu, wallMicros: (performance.now() - started) * 1000 };
    },
    stop() {
      agent.destroy();
      child.kill();
    },
  };
}

/** A module that walks the columns with as many rows a request as a datagram takes, or one more than there are. */
function moduleOf(ports: number, security: Plan['security']): string {
  const auth =
    security === 'v3'
      ? `{username: u, security_level: authPriv, auth_protocol: SHA256, password: ${V3.auth}, priv_protocol: AES, priv_password: ${V3.priv}}`
      : '{community: public}';
  const metrics = COLUMNS.map((oid, i) => {
    const type = i === COLUMNS.length - 1 ? 'gauge' : 'counter';
    return `  - {name: column${i}, oid: ${oid}, type: ${type}, help: a column, indexes: [{labelname: ifIndex, type: gauge}]}`;
  });
  return [
    'switch:',
    `  version: ${security === 'v3' ? 3 : 2}`,
    `  auth: ${auth}`,
    `  max_repetitions: ${Math.min(50, ports + 1)}`,
    '  walk:',
    ...COLUMNS.map((oid) => `  - ${oid}`),
    '  metrics:',
    ...metrics,
    '',
  ].join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
