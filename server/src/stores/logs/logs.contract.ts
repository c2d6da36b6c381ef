import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { CANARY_APP, CANARY_LINES } from '#domain/canary-lines.ts';
import { compileFilter, parseGlob } from '#domain/log-filter.ts';
import type { LogFilter } from '#domain/log-filter.ts';
import { filterContract } from './logs.filters.contract.ts';
import type { FoundLine, LinePlace, LogStore, NewLine } from './logs.ts';
import { T0, lineOf } from './testing.ts';

const word = (text: string): LogFilter => ({ kind: 'text', text, wholeStart: true, wholeEnd: true });
const ALL: LogFilter = { kind: 'all' };

/** What is done by the back end itself, and what keeps it from being tested. */
export interface ContractOptions {
  readonly keepsItself?: boolean;
  readonly skip?: string | undefined;
}

/** What every store of lines promises. */
export function logStoreContract(
  name: string,
  open: () => Promise<{ store: LogStore; close(): Promise<void> }>,
  { keepsItself = false, skip }: ContractOptions = {},
): void {
  describe(`log store: ${name}`, { skip: skip ?? false }, () => {
    let store: LogStore;
    let close: () => Promise<void>;
    before(async () => ({ store, close } = await open()));
    after(() => close());

    const put = async (lines: readonly NewLine[]) => store.write(store.pack(lines));

    async function all(filter: LogFilter, from: number, to: number, limit: number, direction: 'backward' | 'forward') {
      const found: FoundLine[] = [];
      let place: LinePlace | undefined;
      for (let pages = 0; pages < 10_000; pages++) {
        const answer = await store.search({ filter, from, to, limit, direction, after: place });
        assert.ok(answer.lines.length <= limit);
        found.push(...answer.lines);
        place = answer.next;
        if (!place) return found;
      }
      throw new Error('a search that never ends');
    }
    const texts = async (filter: LogFilter, from: number, to: number) =>
      (await all(filter, from, to, 100, 'forward')).map(({ text }) => text);

    test('lines of the canary are found by who asks for them by name, and by nobody else', async () => {
      const at = T0 - 7_200_000;
      const canary = { source: 'system', app: CANARY_APP, severity: 7, sender: '' } as const;
      await put([
        lineOf('canary 1', { receivedAt: at, ...canary }),
        lineOf('true line', { receivedAt: at + 1, severity: 7 }),
        lineOf('canary of a sender', { receivedAt: at + 2, app: CANARY_APP, severity: 7 }),
        lineOf('canary 2', { receivedAt: at + 3, ...canary }),
      ]);
      const app: LogFilter = { kind: 'attribute', name: 'app', glob: parseGlob(CANARY_APP) };
      const found = (filter: LogFilter) => texts(filter, at, at + 10);
      assert.deepEqual(await found(ALL), ['true line', 'canary of a sender']);
      assert.deepEqual(await found(word('canary')), ['canary of a sender']);
      assert.deepEqual(await found({ kind: 'not', item: app }), ['true line']);
      assert.deepEqual(await found(app), ['canary 1', 'canary of a sender', 'canary 2']);
      assert.deepEqual(await found(CANARY_LINES), ['canary 1', 'canary 2']);
      const { steps } = await store.histogram({ filter: ALL, from: at, to: at + 10, stepMs: 10 });
      assert.equal(
        steps[0]?.counts.reduce((sum, count) => sum + count, 0),
        2,
      );
      const [one] = store.pack([lineOf('canary 3', { receivedAt: at, ...canary })]);
      assert.deepEqual([one?.canary, store.decode(store.encode([one!]))[0]?.canary], [true, true]);
    });

    test('times need not be whole milliseconds', async () => {
      const at = T0 - 10_800_000;
      await put([1, 2.7, 3].map((ms) => lineOf(`ms ${ms}`, { receivedAt: at + ms })));
      assert.deepEqual(await texts(ALL, at + 1.3, at + 3), ['ms 2.7']);
    });

    test('a line comes back as it was, to the byte', async () => {
      const at = T0 - 86_400_000;
      const raw = Buffer.from([60, 49, 51, 62, 0, 0xff, 0xfe, 0xc3, 0xa9, 10, 34]);
      const line = lineOf('', {
        raw,
        receivedAt: at,
        at: at - 1234,
        deviceId: 7,
        host: 'h\u0000st',
        app: 'app',
        procId: '1',
        msgId: 'M',
        severity: 2,
        facility: 23,
        fields: JSON.parse('{"a.b":"\\u0000\\ud800","__proto__":"x"}'),
        parseError: 'encoding',
        truncated: true,
        body: 4,
      });
      await put([line, lineOf('another')]);
      const [found] = await all(ALL, at, at + 1, 10, 'backward');
      assert.ok(found);
      const { sender, source, receivedAt, deviceId, host, app, procId, msgId, severity, facility, parseError } = found;
      assert.deepEqual(
        { sender, source, receivedAt, deviceId, host, app, procId, msgId, severity, facility, parseError },
        {
          sender: '192.0.2.1',
          source: 'syslog',
          receivedAt: at,
          deviceId: 7,
          host: 'h\u0000st',
          app: 'app',
          procId: '1',
          msgId: 'M',
          severity: 2,
          facility: 23,
          parseError: 'encoding',
        },
      );
      assert.deepEqual([found.at, found.truncated, found.body], [at - 1234, true, 4]);
      assert.ok(raw.equals(found.raw));
      assert.deepEqual(JSON.stringify(found.fields), JSON.stringify(line.fields));
    });

    test('what is written twice is stored once', async () => {
      const at = T0 - 2 * 86_400_000;
      const packed = store.pack([lineOf('once', { receivedAt: at }), lineOf('twice', { receivedAt: at, severity: 1 })]);
      await store.write(packed);
      await store.write(packed);
      assert.equal((await all(ALL, at, at + 1, 10, 'backward')).length, 2);
    });

    test('packed lines come back from their bytes, and are stored once in whichever shape they come', async () => {
      const at = T0 - 3 * 86_400_000;
      const packed = store.pack(
        Array.from({ length: 300 }, (_, i) => lineOf(`carried ${i}`, { receivedAt: at + i, severity: i % 8 })),
      );
      const again = store.decode(store.encode(packed));
      assert.deepEqual(
        again.map(({ lines }) => lines),
        packed.map(({ lines }) => lines),
      );
      const origin = { source: 'contract', sequence: 1 };
      await store.write(again, origin);
      await store.write(packed, origin);
      await store.write(packed);
      const found = await all(word('carried'), at, at + 300, 1000, 'forward');
      assert.deepEqual(
        found.map(({ text }) => text),
        Array.from({ length: 300 }, (_, i) => `carried ${i}`),
      );
      assert.deepEqual(store.decode(Buffer.alloc(0)), []);
      assert.throws(() => store.decode(store.encode(packed).subarray(0, -1)), { code: 'internal' });
    });

    test('a batch that comes again after its lines were packed anew is not stored again', async () => {
      const at = T0 - 4 * 86_400_000;
      const batches = Array.from({ length: 5 }, (_, i) => store.pack([lineOf(`again ${i}`, { receivedAt: at + i })]));
      const putAll = async () => {
        for (const [i, batch] of batches.entries()) await store.write(batch, { source: 'again', sequence: i + 1 });
      };
      await putAll();
      await store.maintain(at + 3_600_000);
      await putAll();
      assert.equal((await all(word('again'), at, at + 5, 100, 'forward')).length, 5);
    });

    test('pages hold every line once, in order, both ways, over midnight and over blocks that overlap', async () => {
      const from = T0 + 86_400_000;
      for (let batch = 0; batch < 8; batch++) {
        await put(
          Array.from({ length: 500 }, (_, i) =>
            lineOf(`n${batch}x${i} ${i % 7 === 0 ? 'seventh' : ''}`, {
              receivedAt: from + i * 250 + (batch % 3),
              severity: i % 8,
              deviceId: i % 5,
            }),
          ),
        );
      }
      const to = from + 3_600_000;
      for (const limit of [1000, 170]) {
        const backward = await all(ALL, from, to, limit, 'backward');
        const forward = await all(ALL, from, to, limit, 'forward');
        assert.equal(backward.length, 4000);
        assert.equal(new Set(backward.map(({ id }) => id)).size, 4000);
        assert.deepEqual(
          backward.map(({ id }) => id),
          forward.map(({ id }) => id).toReversed(),
        );
        for (const [i, line] of forward.entries()) assert.ok(line.receivedAt >= (forward[i - 1]?.receivedAt ?? 0));
      }
      assert.equal((await all(word('seventh'), from, to, 50, 'backward')).length, 8 * 72);
      const third = await all({ kind: 'device', ids: new Set([3]) }, from, to, 100, 'backward');
      assert.equal(third.length, 800);
      assert.equal((await all({ kind: 'severity', mask: 0b1111 }, from, to, 1000, 'backward')).length, 8 * 252);
    });

    test('the histogram counts what the search finds', async () => {
      const from = T0 + 86_400_000;
      const to = from + 200_000;
      const total = (answer: { steps: readonly { counts: readonly number[] }[] }) =>
        answer.steps.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b, 0), 0);
      assert.equal(total(await store.histogram({ filter: ALL, from, to, stepMs: 1000 })), 4000);
      assert.equal(total(await store.histogram({ filter: word('seventh'), from, to, stepMs: 1000 })), 8 * 72);
      const errors = await store.histogram({ filter: { kind: 'severity', mask: 0b1000 }, from, to, stepMs: 60_000 });
      assert.equal(total(errors), 8 * 63);
      assert.ok(errors.steps.every(({ counts }) => counts.every((count, severity) => severity === 3 || count === 0)));
    });

    test('words, addresses, phrases and parts of words', async () => {
      const at = T0 + 3 * 86_400_000;
      await put([
        lineOf('Interface GigabitEthernet0/1 changed to DOWN from 10.1.2.3:443', { receivedAt: at }),
        lineOf('mac 00:11:22:AA:bb:cc moved, oid 1.3.6.1.2.1 10.1.2.33', { receivedAt: at + 1 }),
        lineOf('größe überschritten', { receivedAt: at + 2 }),
      ]);
      const find = async (filter: LogFilter) => (await texts(filter, at, at + 10)).map((text) => text.split(' ')[0]);
      assert.deepEqual(await find(word('down')), ['Interface']);
      assert.deepEqual(await find(word('dow')), []);
      assert.deepEqual(await find({ kind: 'text', text: 'dow', wholeStart: true, wholeEnd: false }), ['Interface']);
      assert.deepEqual(await find(word('10.1.2.3')), ['Interface']);
      assert.deepEqual(await find(word('00:11:22:aa:bb:cc')), ['mac']);
      assert.deepEqual(await find(word('1.3.6.1')), ['mac']);
      assert.deepEqual(await find(word('changed to down')), ['Interface']);
      assert.deepEqual(await find(word('größe')), ['größe']);
      assert.deepEqual(await find({ kind: 'not', item: word('mac') }), ['Interface', 'größe']);
      assert.deepEqual(await find({ kind: 'or', items: [word('mac'), word('größe')] }), ['mac', 'größe']);
      assert.deepEqual(await find({ kind: 'or', items: [] }), []);
    });

    test('fields and attributes', async () => {
      const at = T0 + 4 * 86_400_000;
      await put([
        lineOf('<1>srcip=10.9.8.7 host fw-1', { receivedAt: at, fields: { 'x@1.srcip': '10.9.8.7' }, host: 'fw-1' }),
        lineOf('<1>srcip=10.9.8.8 host fw-2', { receivedAt: at, fields: { 'x@1.srcip': '10.9.8.8' }, host: 'fw-2' }),
      ]);
      const count = async (filter: LogFilter) => (await texts(filter, at, at + 10)).length;
      assert.equal(await count({ kind: 'field', name: 'srcip', glob: parseGlob('10.9.8.7') }), 1);
      assert.equal(await count({ kind: 'field', name: 'srcip', glob: parseGlob('10.9.*') }), 2);
      assert.equal(await count({ kind: 'attribute', name: 'host', glob: parseGlob('FW-2') }), 1);
      assert.equal(await count({ kind: 'attribute', name: 'sender', glob: parseGlob('192.0.2.1') }), 2);
      assert.equal(await count({ kind: 'attribute', name: 'sender', glob: parseGlob('192.0.2.2') }), 0);
    });

    test('the index never hides a line that the filter itself would find', async () => {
      let at = T0 + 5 * 86_400_000;
      const part = fc.stringMatching(/^[a-c1-2.:é_-]{1,6}$/);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(part, { maxLength: 5 }), { minLength: 1, maxLength: 6 }),
          part,
          async (lines, asked) => {
            at += 10;
            const kept = lines.map((parts) => lineOf(parts.join(' '), { receivedAt: at }));
            await put(kept);
            for (const [wholeStart, wholeEnd] of [
              [true, true],
              [true, false],
              [false, false],
            ] as const) {
              const filter: LogFilter = { kind: 'text', text: asked.toLowerCase(), wholeStart, wholeEnd };
              const matches = compileFilter(filter);
              const expected = kept.map(({ raw }) => raw.toString()).filter((text) => matches({ ...lineOf(''), text }));
              assert.deepEqual((await texts(filter, at, at + 1)).toSorted(), expected.toSorted());
            }
          },
        ),
        { numRuns: 60 },
      );
    });

    filterContract(() => store);

    test('maintenance packs small blocks together, and nobody notices', async () => {
      const at = T0 + 6 * 86_400_000;
      for (let i = 0; i < 60; i++) await put([lineOf(`small ${i}`, { receivedAt: at + i * 1000 })]);
      const before = await all(ALL, at, at + 100_000, 7, 'backward');
      await store.maintain(at + 3_600_000);
      const after = await all(ALL, at, at + 100_000, 7, 'backward');
      assert.deepEqual(
        after.map(({ id, text }) => [id, text]),
        before.map(({ id, text }) => [id, text]),
      );
      assert.equal(after.length, 60);
    });

    test('what is past its time goes, by class of severity', async () => {
      const at = T0 + 20 * 86_400_000;
      await put([lineOf('kept', { receivedAt: at, severity: 3 }), lineOf('gone', { receivedAt: at, severity: 7 })]);
      await store.maintain(at + 9 * 86_400_000);
      assert.deepEqual(await texts(ALL, at, at + 1), keepsItself ? ['kept', 'gone'] : ['kept']);
    });

    test('what lines take is told by class and day', async () => {
      const now = Date.now();
      await put(Array.from({ length: 50 }, (_, i) => lineOf(`today ${i}`, { receivedAt: now - 1000 + i * 10 })));
      assert.ok((await store.usage()).some(({ lines, bytes }) => lines !== 0 && bytes > 0));
    });
  });
}
