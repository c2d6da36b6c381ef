import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const START_MS = 90_000;
const STOP_MS = 20_000;

export interface TestedSotp {
  readonly url: string;
  readonly setupLink: string;
  /** Where the specs keep the cookie of who signed in. */
  readonly stateFile: string;
  stop(): Promise<void>;
}

/** The Node that SOTP runs on: the one of the workspace where there is one. */
function node(): string {
  const own = join(ROOT, 'node_modules', '.bin', 'node');
  return existsSync(own) ? own : process.execPath;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Starts SOTP with an empty data directory and waits for its address and its one-time set-up link. */
export async function startSotp(): Promise<TestedSotp> {
  if (!existsSync(join(ROOT, 'web', '.next', 'BUILD_ID'))) {
    throw new Error('The web pages are not built: run "npm run build" first.');
  }
  const directory = mkdtempSync(join(tmpdir(), 'sotp-e2e-'));
  const port = await freePort();
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SOTP_')));
  const child = spawn(
    node(),
    [
      join(ROOT, 'server', 'src', 'main.ts'),
      'start',
      '--port',
      String(port),
      '--data-dir',
      join(directory, 'data'),
      '--collectors',
      '1',
    ],
    { env: clean, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const ready = new Promise<{ url: string; setupLink: string }>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`SOTP was not ready in time:\n${output}`)), START_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output = `${output}${chunk.toString()}`.slice(-20_000);
        const url = /SOTP is ready at (\S+)/.exec(output)?.[1];
        const setupLink = /(\S+\/setup\?token=\S+)/.exec(output)?.[1];
        if (!url || !setupLink) return;
        clearTimeout(late);
        resolve({ url, setupLink });
      });
    }
    child.once('exit', () => {
      clearTimeout(late);
      reject(new Error(`SOTP ended before it was ready:\n${output}`));
    });
  });

  async function stop(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(late);
    }
    rmSync(directory, { recursive: true, force: true });
  }

  try {
    return { ...(await ready), stateFile: join(directory, 'state.json'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
