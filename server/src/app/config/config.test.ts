import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { AppError } from '#platform/errors.ts';
import type { ConfigSources } from './load.ts';
import { resolveConfig } from './load.ts';
import { nearest } from './nearest.ts';
import { printableConfig } from './print.ts';
import { configurationReference } from './reference.ts';
import { configKeys } from './schema.ts';

function resolve(part: { file?: string; env?: ConfigSources['env']; options?: ConfigSources['options'] }) {
  const { file, env = {}, options = {} } = part;
  return resolveConfig({ ...(file === undefined ? {} : { file: { name: 'sotp.yaml', text: file } }), env, options });
}

function refusal(part: Parameters<typeof resolve>[0]): string {
  try {
    resolve(part);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'config_invalid');
    return error.message;
  }
  return assert.fail('was accepted');
}

test('defaults < file < environment < options', () => {
  assert.equal(resolve({}).port, 8080);
  assert.equal(resolve({ file: 'port: 1' }).port, 1);
  assert.equal(resolve({ file: 'port: 1', env: { SOTP_PORT: '2' } }).port, 2);
  assert.equal(resolve({ file: 'port: 1', env: { SOTP_PORT: '2' }, options: { port: '3' } }).port, 3);
});

test('logs in Loki need its address', () => {
  assert.match(refusal({ file: 'logs: loki' }), /loki\.url/);
  const env = { SOTP_LOGS: 'loki', SOTP_LOKI_URL: 'http://127.0.0.1:3100' };
  assert.deepEqual(resolve({ env }).loki, { url: 'http://127.0.0.1:3100' });
});

test('nested keys and lists come from the file and from variables alike', () => {
  const file = 'tls:\n  cert: a\n  key: b\nroles: [hub]\ntrustedProxies: [10.0.0.0/8, "::1"]';
  const env = { SOTP_TLS_CERT: 'a', SOTP_TLS_KEY: 'b', SOTP_ROLES: 'hub', SOTP_TRUSTED_PROXIES: '10.0.0.0/8, ::1' };
  assert.deepEqual(resolve({ file }), resolve({ env }));
});

test('an unknown key is an error that names it, and the key that was probably meant', () => {
  assert.match(refusal({ file: 'prot: 1' }), /unknown key "prot" in sotp.yaml: did you mean "port"/);
  assert.match(refusal({ file: 'tls:\n  crt: a' }), /unknown key "tls.crt" .*"tls.cert"/);
  assert.match(refusal({ env: { SOTP_DATABSE_URL: 'x' } }), /SOTP_DATABSE_URL.*SOTP_DATABASE_URL/);
  assert.match(refusal({ file: 'completelyElse: 1' }), /docs\/configuration.md/);
});

test('a wrong value names its key, where it stands, and what is wanted', () => {
  assert.match(refusal({ file: 'port: many' }), /^port \(from sotp.yaml\): .*number.*"many"/);
  assert.match(refusal({ env: { SOTP_PORT: '70000' } }), /^port \(from SOTP_PORT\): .*65535/);
  assert.match(refusal({ options: { roles: 'hub,nurse' } }), /^roles \(from the command line\): .*collector.*"nurse"/);
  assert.match(refusal({ file: 'tls:\n  cert: a' }), /tls.*both/);
  assert.match(refusal({ file: 'port: [' }), /sotp.yaml is not YAML/);
  assert.match(refusal({ file: '- a' }), /must hold keys/);
  assert.match(refusal({ env: { SOTP_TRUSTED_PROXIES: 'true' } }), /trustedProxies/);
});

test('a secret stands in no message and no print', () => {
  const env = { SOTP_DATABASE_URL: 'postgresql://u:hidden-word@h/d', SOTP_ADMIN_PASSWORD: 'hidden-word' };
  const printed = JSON.stringify(printableConfig(resolve({ env })));
  assert.doesNotMatch(printed, /hidden-word/);
  assert.match(printed, /postgresql:\/\/u:\*\*\*@h\/d/);
  assert.doesNotMatch(refusal({ env: { SOTP_DATABASE_URL: 'mysql://u:hidden-word@h' } }), /hidden-word/);
  assert.doesNotMatch(refusal({ env: { SOTP_ADMIN_PASSWORD: 'hidden' } }), /hidden/);
});

test('whatever the file and the environment hold, the answer is a configuration or one sentence', () => {
  const key = fc.oneof(fc.constantFrom(...configKeys.map(({ path }) => path)), fc.string());
  const tree = fc.dictionary(key, fc.jsonValue(), { maxKeys: 4 });
  const env = fc.dictionary(fc.constantFrom(...configKeys.map((one) => one.env)), fc.string(), { maxKeys: 4 });
  const text = fc.oneof(
    fc.string(),
    tree.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, env, (file, variables) => {
      try {
        resolve({ file, env: variables });
      } catch (error) {
        assert.ok(error instanceof AppError, String(error));
        assert.equal(error.code, 'config_invalid');
      }
    }),
    { numRuns: 500 },
  );
});

test('nearest finds a misspelling and does not guess at strangers', () => {
  assert.equal(nearest('databseUrl', ['dataDir', 'databaseUrl']), 'databaseUrl');
  assert.equal(nearest('zzzzzz', ['port', 'host']), undefined);
});

test('docs/configuration.md is the reference made from the schema', () => {
  const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
  assert.equal(page, configurationReference());
});

test('every key of the example file is known, once its comments are taken away', () => {
  const text = readFileSync(new URL('../../../../sotp.example.yaml', import.meta.url), 'utf8');
  const bare = text
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^# ?/, ''))
    .join('\n');
  assert.ok(Object.keys(parse(bare)).length >= 10);
  resolve({ file: bare });
});

test('a schedule is five fields of cron, and what else is said of reports is checked', () => {
  const env = { SOTP_REPORT_SCHEDULE: '0 7 * * 1', SOTP_REPORT_CHANNELS: 'ops, night watch', SOTP_REPORT_DAYS: '30' };
  const { schedule, days, channels, keep } = resolve({ env }).report;
  assert.deepEqual([schedule, days, channels, keep], ['0 7 * * 1', 30, ['ops', 'night watch'], 12]);
  assert.deepEqual([resolve({}).report.schedule, resolve({}).report.days], [undefined, 7]);
  for (const wrong of ['every monday', '0 7 * *', '0 0 7 * * 1', '61 7 * * 1', '@weekly']) {
    const said = refusal({ env: { SOTP_REPORT_SCHEDULE: wrong } });
    assert.match(said, /^report\.schedule \(from SOTP_REPORT_SCHEDULE\): five fields of cron, like "0 7 \* \* 1"/);
  }
  assert.match(refusal({ file: 'report:\n  days: 91' }), /^report\.days .*90/);
});
