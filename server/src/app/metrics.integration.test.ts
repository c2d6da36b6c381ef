import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { figureGroups } from '#services/telemetry/figures.ts';
import { runSotp, takenPort, temporaryDir, until } from './testing/run-sotp.ts';
import type { RunningSotp } from './testing/run-sotp.ts';

const dir = await temporaryDir();
let sotp: RunningSotp | undefined;
after(async () => {
  sotp?.kill('SIGTERM');
  await sotp?.ended;
  await dir.remove();
});

const SAMPLE = /^(sotp_[a-z0-9_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\} (-?[0-9.e+-]+|\+Inf)$/;

interface Family {
  readonly type: string;
  readonly samples: { readonly name: string; readonly labels: Map<string, string>; readonly value: number }[];
}

/** The text format as its grammar has it: a family is told once, with its help and type before its samples. */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let help = '';
  let family: Family | undefined;
  let current = '';
  assert.ok(text.endsWith('\n'));
  for (const line of text.slice(0, -1).split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') help = name;
    else if (word === 'TYPE') {
      // A name that nobody has described has no help: the test of names says so.
      assert.ok(help === '' || help === name, `the help of ${help} stands before ${name}`);
      help = '';
      assert.ok(!families.has(name), `${name} is told twice`);
      families.set(name, (family = { type: rest, samples: [] }));
      current = name;
    } else {
      const [, sample = '', labels = '', value] = SAMPLE.exec(line) ?? [];
      assert.ok(sample.startsWith(current) && family && !seen.has(`${sample}{${labels}`), line);
      seen.add(`${sample}{${labels}`);
      if (family.type === 'histogram') assert.match(sample.slice(current.length), /^_(bucket|sum|count)$/);
      else assert.equal(sample, current);
      const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(
        ([, key = '', text = '']) => [key, text] as const,
      );
      family.samples.push({ name: sample, labels: new Map(pairs), value: Number(value === '+Inf' ? Infinity : value) });
    }
  }
  return families;
}

/** Buckets of one histogram grow up to its count. */
function assertHistogram(name: string, { samples }: Family): void {
  const series = new Map<string, number[]>();
  for (const { name: sample, labels, value } of samples) {
    const key = [...labels].filter(([label]) => label !== 'le').join(' ');
    if (sample.endsWith('_bucket')) series.set(key, [...(series.get(key) ?? []), value]);
    if (sample.endsWith('_count')) assert.equal(series.get(key)?.at(-1), value, name);
  }
  for (const counts of series.values())
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
      name,
    );
}

test('a running system exposes what docs/metrics.md describes, all of it and nothing else, as valid text', async () => {
  const free = await takenPort();
  await free.release();
  const ports = await Promise.all([takenPort(), takenPort()]);
  await Promise.all(ports.map((one) => one.release()));
  const [syslog, traps] = ports.map(({ port }) => String(port));
  sotp = runSotp(['start', '--port', String(free.port), '--data-dir', dir.path, '--collectors', '1', '--demo', '2'], {
    SOTP_SYSLOG_HOST: '127.0.0.1',
    SOTP_SYSLOG_UDP: syslog ?? '',
    SOTP_SYSLOG_TCP: syslog ?? '',
    SOTP_TRAPS_HOST: '127.0.0.1',
    SOTP_TRAPS_UDP: traps ?? '',
    // Nobody is there: what fails is counted.
    SOTP_HEARTBEAT_URL: 'http://127.0.0.1:9/',
  });
  const address = await sotp.ready;
  const metrics = async () => (await fetch(`${address}/metrics`)).text();
  const polled = /^sotp_samples_stored_total\{.*\} [1-9]/m;
  await until('a collector tells of polls', async () => polled.test(await metrics()), 60_000);
  const sung = /^sotp_canary_latency_ms\{/m;
  await until('a canary has come through', async () => sung.test(await metrics()), 60_000);
  const families = parse(await metrics());
  const described = new Map(
    figureGroups.flatMap(({ figures }) => Object.entries(figures).map(([name, { type }]) => [`sotp_${name}`, type])),
  );
  assert.deepEqual([...families.keys()].toSorted(), [...described.keys()].toSorted());
  for (const [name, family] of families) {
    assert.equal(family.type, described.get(name), name);
    if (family.type === 'histogram') assertHistogram(name, family);
    for (const { labels } of family.samples) assert.ok(labels.get('role') && labels.get('instance'), name);
  }
  const rolesOf = (name: string) =>
    [...new Set(families.get(name)?.samples.map(({ labels }) => labels.get('role')))].toSorted();
  for (const name of ['sotp_process_resident_bytes', 'sotp_event_loop_delay_seconds', 'sotp_gc_seconds_total'])
    assert.deepEqual(rolesOf(name), ['collector', 'hub', 'supervisor'], name);
  for (const name of ['sotp_store_operation_seconds', 'sotp_database_pool_wait_seconds', 'sotp_bus_dropped_total'])
    assert.deepEqual(rolesOf(name), ['collector', 'hub'], name);
});
