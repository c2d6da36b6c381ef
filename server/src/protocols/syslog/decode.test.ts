import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeSyslog, trimmedEnd } from './decode.ts';

const CONTEXT = { receivedAt: Date.parse('2026-11-23T10:00:05Z'), zoneMinutes: 60 };

test('any bytes give a line whose text is theirs and whose numbers are in range', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const message = decodeSyslog(Buffer.from(bytes), CONTEXT);
      assert.equal(message.text, Buffer.from(bytes).toString('utf8'));
      assert.ok(message.facility >= 0 && message.facility <= 23);
      assert.ok(message.severity >= 0 && message.severity <= 7);
      assert.ok(message.body >= 0 && message.body <= message.text.length);
    }),
    { numRuns: 2_000 },
  );
});

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/);
const printable = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .filter((text) => !text.includes('\0') && text.isWellFormed());

test('what RFC 5424 can say comes back as it was said', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 191 }),
      fc.integer({ min: 0, max: 4e12 }),
      word,
      word,
      fc.array(fc.tuple(word, printable), { maxLength: 4 }),
      printable,
      (pri, at, host, app, pairs, text) => {
        const escaped = pairs.map(([name, value]) => `${name}="${value.replaceAll(/(["\\\]])/g, '\\$1')}"`).join(' ');
        const data = pairs.length > 0 ? `[x@1 ${escaped}]` : '-';
        const line = `<${pri}>1 ${new Date(at).toISOString()} ${host} ${app} 7 ID ${data} ${text}`;
        const message = decodeSyslog(Buffer.from(line), CONTEXT);
        assert.equal(message.parseError, '');
        assert.equal(message.facility * 8 + message.severity, pri);
        assert.equal(message.at, at);
        assert.deepEqual([message.host, message.app, message.procId, message.msgId], [host, app, '7', 'ID']);
        assert.equal(message.text.slice(message.body).replace(/^\ufeff/, ''), text.replace(/^\ufeff/, ''));
        for (const [name, value] of pairs.toReversed()) {
          const first = pairs.find(([other]) => other === name)?.[1];
          if (first === value) assert.equal(message.fields?.[`x@1.${name}`], value);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a time without a zone is read in the zone that was given', () => {
  const message = decodeSyslog(Buffer.from('<13>Nov 23 11:00:00 web1 app: text'), CONTEXT);
  assert.equal(message.at, Date.parse('2026-11-23T10:00:00Z'));
});

test('a line of 31 December that comes on 1 January is of the year before', () => {
  const receivedAt = Date.parse('2027-01-01T00:00:02Z');
  const message = decodeSyslog(Buffer.from('<13>Dec 31 23:59:59 web1 app: text'), { receivedAt, zoneMinutes: 0 });
  assert.equal(message.at, Date.parse('2026-12-31T23:59:59Z'));
});

test('line ends and NULs behind a line are no part of it', () => {
  assert.equal(trimmedEnd(Buffer.from('<13>a\r\n\0'), 0, 8), 5);
  assert.equal(trimmedEnd(Buffer.from('a\n\n'), 1, 3), 1);
});

test('a line of 64 KiB of brackets, quotes or equals signs is read in a moment', () => {
  for (const filler of ['[', '="', 'a=', '\\', '%', '1 ', '<1>', 'x[', ': ']) {
    for (const head of ['<13>', '<13>1 2026-11-23T10:00:00Z h a - - ', '<13>Nov 23 10:00:00 h app: ', '<13>1: ']) {
      const bytes = Buffer.from(head + filler.repeat(65_536 / filler.length));
      const before = process.cpuUsage();
      decodeSyslog(bytes, CONTEXT);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 50_000, `${head}${filler} took ${user / 1000} ms`);
    }
  }
});
