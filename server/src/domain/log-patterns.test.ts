import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPatternMiner, maskWord, templateOf, WILDCARD } from './log-patterns.ts';

const line = (message: string, at = 0, severity = 6, app = 'app') => ({ message, at, severity, app });

test('numbers, addresses and ids are what differs', () => {
  const masked = ['Gi1/0/7,', '10.0.0.8', '00:11:22:33:44:55', '2001:db8::1', 'deadbeef01', 'id=77', 'port', 'up'];
  assert.deepEqual(masked.map(maskWord), ['Gi<*>,', WILDCARD, WILDCARD, WILDCARD, WILDCARD, 'id=<*>', 'port', 'up']);
});

test('a mnemonic stays as it is', () => {
  assert.deepEqual(['%LINK-3-UPDOWN:', '%%01SHELL/5/CMD(l)[77]:User'].map(maskWord), [
    '%LINK-3-UPDOWN:',
    `%%01SHELL/5/CMD(l)[${WILDCARD}]:User`,
  ]);
});

test('lines of one shape are one pattern, with its count, times and gravest severity', () => {
  const miner = createPatternMiner();
  miner.add(line('Interface Gi1/0/7, changed state to up', 10, 5));
  miner.add(line('Interface Gi1/0/9, changed state to down', 30, 3));
  miner.add(line('Failed password for kim from 10.0.0.8 port 50000', 20));
  const [first, second] = miner.patterns();
  assert.equal(first?.words.join(' '), 'Interface Gi<*>, changed state to <*>');
  assert.deepEqual([first?.count, first?.firstAt, first?.lastAt, first?.severity], [2, 10, 30, 3]);
  assert.equal(second?.words.join(' '), 'Failed password for kim from <*> port <*>');
});

test('apps do not share patterns', () => {
  const miner = createPatternMiner();
  miner.add(line('started', 0, 6, 'a'));
  miner.add(line('started', 0, 6, 'b'));
  assert.equal(miner.patterns().length, 2);
});

const word = fc.constantFrom('up', 'down', 'port', 'eth0', '10.0.0.1', '42', 'user', 'kim', '[x]', 'a=1');
const message = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' '));

test('every line is counted once, and its pattern covers it', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
      const miner = createPatternMiner(20);
      for (const text of messages) {
        const template = miner.add(line(text));
        if (!template) continue;
        const words = templateOf(text);
        assert.equal(template.length, words.length);
        for (const [i, one] of template.entries()) assert.ok(one === WILDCARD || one === words[i]);
      }
      const found = miner.patterns();
      assert.ok(found.length <= 20);
      assert.equal(found.reduce((sum, { count }) => sum + count, 0) + miner.others, messages.length);
      for (const [i, { count }] of found.entries()) assert.ok(i === 0 || count <= found[i - 1]!.count);
    }),
    { numRuns: 300 },
  );
});

test('lines that differ in numbers only are always one pattern', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 30 }), (numbers) => {
      const miner = createPatternMiner();
      for (const number of numbers) miner.add(line(`request ${number} took ${number % 900} ms on port Gi0/${number}`));
      assert.equal(miner.patterns().length, 1);
    }),
  );
});

test('any text is taken, and a long one costs no more than its beginning', () => {
  const miner = createPatternMiner();
  for (const text of ['', ' ', '\0', '<*>', 'a'.repeat(100_000), '1 '.repeat(50_000)]) miner.add(line(text));
  assert.ok(miner.patterns().every(({ words }) => words.length <= 41));
});
