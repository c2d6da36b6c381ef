import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlindSpot } from '@sotp/contract/blind-spots.ts';
import { Report } from '@sotp/contract/reports.ts';
import type { StoredDevice } from '#stores/devices/devices.ts';
import { reportHtml } from './html.ts';
import { createTally, toReport } from './report.ts';
import type { ReportFacts } from './report.ts';
import { reportText } from './text.ts';

const HOUR_MS = 3_600_000;
const TO = Date.UTC(2026, 10, 23, 6);
const period = { from: TO - 168 * HOUR_MS, to: TO };
const HOSTILE = `<script>alert(1)</script>"'&\n\u001B[2J\u202Eevil\u0000`;

function device(id: number, more: Partial<StoredDevice> = {}): StoredDevice {
  const plain: Partial<StoredDevice> = { id, name: `d${id}`, address: `10.0.0.${id}`, site: null, createdAt: 0 };
  return { ...plain, disabled: false, collectors: [], ...more } as StoredDevice;
}

const found = (one: StoredDevice, up: number, down: number) => {
  const polls = { due: 168, made: up + down, answered: up, missed: 168 - up - down };
  return { device: one, hours: 168, up, down, unknown: 168 - up - down, ...polls };
};

function facts(more: Partial<ReportFacts> = {}): ReportFacts {
  const tally = createTally(period);
  return {
    period,
    days: 7,
    madeAt: TO + 120_000,
    devices: tally.result(),
    alerts: { critical: 0, warning: 0, longest: [], frequent: [] },
    filesystems: [],
    blindSpots: [],
    ...more,
  };
}

test('devices together, the ten that were up the least, and what polls were missed', () => {
  const tally = createTally(period);
  for (let id = 1; id <= 20; id++) tally.add(found(device(id), 168 - id, id === 20 ? 5 : id));
  for (let id = 21; id <= 30; id++) tally.add(found(device(id), 168, 0));
  const { availability, worst, polls, devices } = tally.result();
  assert.deepEqual(
    worst.map(({ id }) => Number(id)),
    [20, 19, 18, 17, 16, 15, 14, 13, 12, 11],
  );
  assert.deepEqual(
    [worst[0]?.upPercent, worst[0]?.downPercent, worst[0]?.unknownPercent, worst[0]?.downHours],
    [88.095, 2.977, 8.929, 5],
  );
  assert.deepEqual(availability, { upPercent: 95.833, downPercent: 3.87, unknownPercent: 0.298 });
  assert.deepEqual([polls.due, polls.missed, devices.counted], [30 * 168, 15, 30]);
});

test('a single poll that was missed among millions is not rounded away, and all is 100', () => {
  const tally = createTally(period);
  tally.add({ ...found(device(1), 168, 0), up: 168 - 1e-4, unknown: 1e-4 });
  assert.deepEqual(tally.result().availability, { upPercent: 99.999, downPercent: 0, unknownPercent: 0.001 });
  const whole = createTally(period);
  for (let id = 1; id <= 7; id++) whole.add({ ...found(device(id), 168, 0), hours: 0.1, up: 0.1 });
  assert.deepEqual(whole.result().availability, { upPercent: 100, downPercent: 0, unknownPercent: 0 });
  assert.deepEqual(whole.result().worst, []);
});

test('devices that are switched off, or were added in the last hour, are left out and counted', () => {
  const tally = createTally(period);
  const all = [
    device(1),
    device(2, { disabled: true }),
    device(3, { createdAt: TO - 1 }),
    device(4, { createdAt: TO - HOUR_MS }),
  ];
  assert.deepEqual(
    tally.wanted(all).map(({ id }) => id),
    [1, 4],
  );
  assert.deepEqual(tally.result().devices, { counted: 0, disabled: 1, tooNew: 1 });
  assert.match(
    reportText(toReport(facts({ devices: tally.result() }))),
    /0 devices \(left out: 1 switched off, 1 just added\)/,
  );
});

test('a report says all of it in words, also when there is nothing', () => {
  const empty = reportText(Report.parse(toReport(facts())));
  for (const words of [
    /Of no device there is anything to tell/,
    /0 critical, 0 warning/,
    /Everything that should be watched is watched/,
  ]) {
    assert.match(empty, words);
  }
  const alert = {
    rule: 'Spool full',
    subject: 'a/1',
    severity: 'critical',
    summary: 's',
    firedAt: TO - 90 * HOUR_MS,
  } as const;
  const report = toReport(
    facts({
      alerts: {
        critical: 1,
        warning: 3,
        longest: [{ ...alert, resolvedAt: null, seconds: 90 * 3_600 }],
        frequent: [{ rule: 'Counted log lines', subject: 'errors', severity: 'warning', times: 3 }],
      },
      blindSpots: [
        {
          reason: 'late',
          kind: 'blind',
          title: 'Polls do not come in',
          count: 1_200,
          items: [],
          remedy: 'See.',
          href: null,
        },
      ],
    }),
  );
  const text = reportText(Report.parse(report));
  for (const words of [
    /Spool full, a\/1\s+critical\s+3 d 18 h\s+still fires/,
    /errors\s+warning\s+3 times/,
    /Polls do not come in: 1,200/,
  ]) {
    assert.match(text, words);
    assert.match(reportHtml(report).replaceAll(/<[^>]*>/g, ' '), new RegExp(words.source.split('\\s+')[0] ?? ''));
  }
});

test('what devices and subjects call themselves stays text: no tags, no new lines, no control characters', () => {
  const tally = createTally(period);
  tally.add(found(device(1, { name: HOSTILE, address: HOSTILE }), 1, 2));
  tally.add(found(device(2, { name: 'x'.repeat(5_000) }), 1, 2));
  const severity = 'critical' as const;
  const alert = {
    rule: HOSTILE,
    subject: HOSTILE,
    severity,
    summary: HOSTILE,
    firedAt: TO,
    resolvedAt: TO,
    seconds: 1,
  };
  const alerts = { critical: 1, warning: 0, longest: [alert], frequent: [{ ...alert, times: 2 }] };
  const spot: BlindSpot = {
    reason: 'late',
    kind: 'blind',
    title: HOSTILE,
    count: 1,
    items: [],
    remedy: HOSTILE,
    href: null,
  };
  const disk = {
    deviceId: '1',
    device: HOSTILE,
    filesystem: HOSTILE,
    usedPercent: 99.94,
    sizeOctets: 4e12,
    fullAt: null,
  };
  const report = toReport(facts({ devices: tally.result(), alerts, filesystems: [disk], blindSpots: [spot] }));
  const [page, text] = [reportHtml(report), reportText(report)];
  assert.doesNotMatch(page, /<script|[\u001B\u202E\u0000]/);
  assert.match(page, /&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot;&#39;&amp;/);
  assert.match(text, /99\.9 %\s+4\.00 TB\s+no date/);
  assert.doesNotMatch(text, /[\u001B\u202E\u0000]/);
  assert.equal(text.split('\n').filter((line) => /^\s*evil/.test(line)).length, 0);
  for (const line of text.split('\n')) assert.ok(line.length < 600, line);
});
