import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LokiSettings } from './client.ts';

const { SOTP_TEST_LOKI_URL: givenUrl, SOTP_TEST_LOKI_BINARY: binary } = process.env;

/** Why there is no Loki to test with; undefined when there is one. */
export const lokiMissing =
  givenUrl === undefined && binary === undefined
    ? 'set SOTP_TEST_LOKI_BINARY to a Loki 3 binary, or SOTP_TEST_LOKI_URL to a Loki with auth_enabled'
    : undefined;

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** `limits` and `ingester`: lines of YAML for these sections. */
function configOf(
  dir: string,
  http: number,
  grpc: number,
  limits: readonly string[],
  ingester: readonly string[],
): string {
  return `
auth_enabled: true
server: {http_listen_address: 127.0.0.1, http_listen_port: ${http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: ${grpc}, log_level: error}
common:
  instance_addr: 127.0.0.1
  path_prefix: ${dir}
  storage: {filesystem: {chunks_directory: ${dir}/chunks, rules_directory: ${dir}/rules}}
  replication_factor: 1
  ring: {kvstore: {store: inmemory}}
schema_config:
  configs:
    - {from: 2020-10-24, store: tsdb, object_store: filesystem, schema: v13, index: {prefix: index_, period: 24h}}
limits_config:
  ${limits.join('\n  ')}
querier: {query_ingesters_within: 0s}
ingester:
  lifecycler: {min_ready_duration: 0s}
  ${ingester.join('\n  ')}
analytics: {reporting_enabled: false}
`;
}

/** Lines of any time, in any order: what the contract writes. */
const ANY_TIME = {
  limits: ['reject_old_samples: false', 'creation_grace_period: 8760h', 'discover_log_levels: false'],
  ingester: ['max_chunk_age: 8760h'],
};

/** Lines as they come, at no more than Loki's defaults and this many megabytes a second. */
export function oneRate(megabytes: number): typeof ANY_TIME {
  const limits = [`ingestion_rate_mb: ${megabytes}`, `ingestion_burst_size_mb: ${Math.max(3, megabytes * 2)}`];
  const streams = [
    'per_stream_rate_limit: 64MB',
    'per_stream_rate_limit_burst: 64MB',
    'max_global_streams_per_user: 0',
  ];
  return { limits: [...limits, ...streams, 'discover_log_levels: false'], ingester: [] };
}

/** A Loki that can be stopped and started again with what it has on disk. */
export interface TestLoki {
  readonly settings: LokiSettings;
  /** Undefined while it is stopped, and for one that was given. */
  readonly pid: number | undefined;
  /** Ends it at once, as a fault would. */
  kill(): void;
  start(): Promise<void>;
  close(): void;
}

/** A Loki of this test's own, or a tenant of its own in the one given. It ends with this process. */
export async function startTestLoki({ limits, ingester } = ANY_TIME): Promise<TestLoki> {
  const tenant = `test-${randomUUID()}`;
  const nothing = () => undefined;
  if (binary === undefined) {
    const settings = { url: givenUrl ?? '', tenant };
    return { settings, pid: undefined, kill: nothing, start: async () => undefined, close: nothing };
  }
  const program = binary;
  const dir = mkdtempSync(path.join(tmpdir(), 'sotp-test-loki-'));
  const [http, grpc] = [await freePort(), await freePort()];
  const file = path.join(dir, 'loki.yaml');
  writeFileSync(file, configOf(dir, http, grpc, limits, ingester));
  const url = `http://127.0.0.1:${http}`;
  let child: ChildProcess | undefined;
  const kill = () => {
    child?.kill('SIGKILL');
    child = undefined;
  };
  const close = () => {
    kill();
    rmSync(dir, { recursive: true, force: true });
  };
  process.on('exit', close);
  async function start(): Promise<void> {
    const own = (child = spawn(program, [`-config.file=${file}`], { stdio: 'ignore' }));
    for (let tries = 0; tries < 1_800 && own.exitCode === null; tries++) {
      const ready = await fetch(`${url}/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    close();
    throw new Error(`${program} does not become ready: run it with ${file}`);
  }
  await start();
  return {
    settings: { url, tenant },
    get pid() {
      return child?.pid;
    },
    kill,
    start,
    close,
  };
}
