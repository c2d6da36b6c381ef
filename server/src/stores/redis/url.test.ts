import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#platform/errors.ts';
import { describeRedis, maskRedisUrl, parseRedisUrl } from './url.ts';

test('a server, with and without its parts', () => {
  assert.deepEqual(parseRedisUrl('redis://cache'), {
    kind: 'single',
    nodes: [{ host: 'cache', port: 6379 }],
    db: 0,
    prefix: 'sotp',
  });
  const full = parseRedisUrl('rediss://me:p%40ss@[::1]:6380/3?ca=/ca.pem&prefix=lab');
  assert.deepEqual(
    [full.username, full.password, full.nodes, full.db, full.prefix, full.tls?.ca],
    ['me', 'p@ss', [{ host: '::1', port: 6380 }], 3, 'lab', '/ca.pem'],
  );
  assert.equal(parseRedisUrl('redis://:secret@h').username, undefined);
});

test('sentinels with their group, and nodes of a cluster', () => {
  const sentinel = parseRedisUrl('redis+sentinel://a,b:26380/mymaster/2?sentinelPassword=x');
  assert.deepEqual(
    [sentinel.kind, sentinel.group, sentinel.db, sentinel.sentinelPassword, sentinel.nodes],
    [
      'sentinel',
      'mymaster',
      2,
      'x',
      [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_380 },
      ],
    ],
  );
  assert.equal(describeRedis(sentinel), 'mymaster by the sentinels a:26379, b:26380');
  const cluster = parseRedisUrl('rediss+cluster://a:7000,b:7001');
  assert.deepEqual([cluster.kind, cluster.nodes.length, cluster.tls !== undefined], ['cluster', 2, true]);
});

test('what is wrong is named, and how it is written', () => {
  for (const [url, why] of [
    ['http://x', /no URL of Redis/],
    ['redis://a,b', /several hosts/],
    ['redis://a:99999', /no host and port/],
    ['redis://a/x', /no number of a database/],
    ['redis+sentinel://a', /name of their group/],
    ['redis+cluster://a/1', /only database 0/],
    ['redis://a?foo=1', /unknown parameter "foo"/],
    ['redis://u:hidden%word@a', /percent sign/],
  ] as const) {
    assert.throws(
      () => parseRedisUrl(url),
      (error) =>
        error instanceof AppError &&
        error.code === 'config_invalid' &&
        why.test(error.message) &&
        !error.message.includes('hidden'),
    );
  }
});

test('whatever the text is, the answer is an address or config_invalid; a password never shows masked', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
      try {
        parseRedisUrl(text);
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'config_invalid', String(error));
      }
    }),
  );
  const secret = fc.string({ minLength: 8, maxLength: 20, unit: fc.constantFrom(...'abcXYZ0189-_~!*') });
  fc.assert(
    fc.property(secret, secret, (password, other) => {
      const masked = maskRedisUrl(`redis+sentinel://user:${password}@h:1,g:2/group?sentinelPassword=${other}&prefix=p`);
      assert.equal(masked, 'redis+sentinel://user:***@h:1,g:2/group?sentinelPassword=***&prefix=p');
    }),
  );
});
