import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { requiredTexts } from './required-texts.ts';

test('literals outside of what may be absent are required', () => {
  const cases: [string, boolean, string[]][] = [
    ['changed state from \\w+ to Idle', false, ['changed state from ', ' to idle']],
    ['^%LINK-3-UPDOWN: .*down$', false, ['%link-3-updown: ', 'down']],
    ['10\\.0\\.0\\.[0-9]+', false, ['10.0.0.']],
    ['colou?r(ed|less) ink', false, ['colo', ' ink']],
    ['ab{2,3}cd{0}ef{', false, ['ef{']],
    ['a|b', false, []],
    ['(a|b)cd', false, ['cd']],
    ['[]ab]cd', false, ['cd']],
    ['\\Qa.b\\Ecd', false, []],
    ['\\pLcd', false, []],
    ['disk', true, ['di']],
    ['(?i)mask of x', false, ['ma', ' of x']],
    ['größer', false, ['gr', 'er']],
  ];
  for (const [pattern, ignoreCase, wanted] of cases)
    assert.deepEqual(requiredTexts(pattern, ignoreCase), wanted, pattern);
});

test('a text that matches holds all that is required', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    'K',
    's',
    '.',
    '*',
    '?',
    '+',
    '|',
    '(',
    ')',
    '[',
    ']',
    '^',
    '$',
    '\\',
    '{',
    '}',
    '2',
    ',',
    'd',
    '(?i)',
    'é',
    'Q',
    'x',
  );
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', 'B', 'k', 'K', 's', 'S', 'ſ', '2', '.', 'd', 'é', '{', '('),
    maxLength: 12,
  });
  let matched = 0;
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 9 }),
      fc.array(text, { minLength: 4, maxLength: 8 }),
      fc.boolean(),
      (pieces, texts, ignoreCase) => {
        const pattern = pieces.join('');
        let compiled: RE2JS;
        try {
          compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
        } catch {
          return;
        }
        const required = requiredTexts(pattern, ignoreCase);
        for (const one of texts) {
          if (!compiled.test(one)) continue;
          matched++;
          for (const wanted of required) assert.ok(one.toLowerCase().includes(wanted), `${pattern} matches ${one}`);
        }
      },
    ),
    { numRuns: 3_000 },
  );
  assert.ok(matched > 1_000);
});
