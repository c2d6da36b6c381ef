import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { startSimulator } from '@sotp/simulator/simulator.ts';
import { AppError } from '#platform/errors.ts';
import { probeAll } from './probe-run.ts';
import type { ProbeResult } from './probe-run.ts';

const RECORDING = 'device.snmprec';
const EXPECTED = 'expected.json';
const LOOPBACK = '127.0.0.1';

/** What came of replaying a case: the places where the facts are others than expected. */
export interface CaseResult {
  readonly name: string;
  readonly differences: readonly string[];
}

/** Makes a case of what a device answered: the recording, and the facts that SOTP finds in it. Answers what it knows. */
export async function writeCase(folder: string, lines: readonly string[]): Promise<Partial<Inventory>> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, RECORDING), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  return await expect(folder);
}

/** Replays every case below a folder and compares; with `update` what is found is what is expected from now on. */
export async function runCases(
  folder: string,
  options: { readonly update?: boolean; readonly profiles?: readonly string[] } = {},
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const name of casesIn(folder)) {
    const own = join(folder, name);
    if (options.update) await expect(own, options.profiles);
    const expected: unknown = JSON.parse(readFileSync(join(own, EXPECTED), 'utf8'));
    results.push({ name, differences: differences(expected, await factsOf(own, options.profiles), '') });
  }
  return results;
}

function casesIn(folder: string): string[] {
  if (!existsSync(folder)) throw new AppError('bad_request', `${folder} is not a folder.`);
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, RECORDING)));
  if (existsSync(join(folder, RECORDING))) names.unshift('');
  if (names.length === 0) throw new AppError('bad_request', `There is no ${RECORDING} in the folders below ${folder}.`);
  return names.sort();
}

async function expect(folder: string, profiles?: readonly string[]): Promise<Partial<Inventory>> {
  const facts = await factsOf(folder, profiles);
  writeFileSync(join(folder, EXPECTED), `${JSON.stringify(facts, null, 2)}\n`);
  return facts;
}

/** The facts that a replayed recording gives over UDP. */
async function factsOf(folder: string, profiles: readonly string[] = []): Promise<Partial<Inventory>> {
  const port = await freePort();
  const simulator = await startSimulator({ listen: LOOPBACK, port, source: { recording: join(folder, RECORDING) } });
  try {
    const found: ProbeResult[] = [];
    const secrets = [{ kind: 'snmp-v2c', secret: { community: 'public' } }] as const;
    const settings = { port, secrets, concurrency: 1, timeout: 2000, retries: 2, deadline: 60, profiles };
    await probeAll([LOOPBACK], settings, (result) => void found.push(result));
    const [result] = found;
    if (!result || result.error !== undefined) {
      throw new AppError('bad_request', `The recording in ${folder} gives nothing: ${result?.error ?? 'no answer'}`);
    }
    const { target: _target, address: _address, ...facts } = result;
    return facts;
  } finally {
    await simulator.stop();
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const MOST_DIFFERENCES = 50;

/** Where two facts differ, as `sensors.3.value: 23, not 24`. */
export function differences(expected: unknown, found: unknown, at: string): string[] {
  if (isDeepStrictEqual(expected, found)) return [];
  if (!isBranch(expected) || !isBranch(found)) {
    return [`${at || 'facts'}: ${JSON.stringify(found) ?? 'missing'}, not ${JSON.stringify(expected) ?? 'there'}`];
  }
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  return keys
    .flatMap((key) => differences(expected[key], found[key], at === '' ? key : `${at}.${key}`))
    .slice(0, MOST_DIFFERENCES);
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
