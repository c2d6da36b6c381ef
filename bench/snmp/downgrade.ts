// Bar S3: v3 answers below the configured level, with an empty, short or wrong MAC, of another user, engine or time, and
// Reports that nobody vouches for: none is taken, and none changes what is known of the engine's time. And what is wrong
// with a credential is named, each by its own error, against a real snmpd: `node bench/snmp/downgrade.ts [--rounds 20]`.
import { parseArgs } from 'node:util';
import type { SnmpV3Secret } from '@sotp/contract/credentials.ts';
import { createKeyRing } from '@sotp/server/protocols/snmp/usm/keys.ts';
import { NO_KEYS } from '@sotp/server/protocols/snmp/usm/message.ts';
import { PduType } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { Session } from '../../server/src/collectors/snmp/client/session.ts';
import { usmSecurity } from '../../server/src/collectors/snmp/client/usm.ts';
import { snmpCollector } from '../../server/src/collectors/snmp/index.ts';
import { openTestTransport, read } from '../../server/src/collectors/snmp/testing/session.ts';
import { findSnmpd, startSnmpd } from '../../server/src/collectors/snmp/testing/snmpd.ts';
import { V3_PASSWORDS, startV3Agent } from '../../server/src/collectors/snmp/testing/v3Agent.ts';
import type { V3Agent, V3Request } from '../../server/src/collectors/snmp/testing/v3Agent.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(options.rounds);
const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const wrongKey = Buffer.alloc(32, 9);
const report = [{ oid: '1.3.6.1.6.3.15.1.1.2.0', type: SnmpType.counter32, value: 1 }];

/** A message with its MAC cut to so many octets, and all lengths made to fit. */
function withMacOf(message: Buffer, octets: number): Buffer {
  const at = message.indexOf(Buffer.from([0x04, 24]), 40);
  const changed = Buffer.concat([message.subarray(0, at + 2 + octets), message.subarray(at + 26)]);
  changed[at + 1] = octets;
  const sequence = message.lastIndexOf(0x30, at - 20);
  for (const header of [sequence + 1, sequence - 1, changed[1] === 0x81 ? 2 : 1]) {
    changed[header] = (changed[header] ?? 0) - (24 - octets);
  }
  return changed;
}

const forgeries: Readonly<Record<string, (request: V3Request, agent: V3Agent) => Buffer>> = {
  clearText: (request) => request.answer('a lie', { keys: NO_KEYS }),
  authNoPriv: (request, agent) => request.answer('a lie', { keys: { ...agent.keys(), priv: null } }),
  wrongKey: (request, agent) =>
    request.answer('a lie', { keys: { ...agent.keys(), auth: { protocol: 'SHA256', key: wrongKey } } }),
  otherMac: (request, agent) =>
    request.answer('a lie', { keys: { ...agent.keys(), auth: { protocol: 'MD5', key: wrongKey } } }),
  emptyMac: (request) => withMacOf(request.answer('a lie'), 0),
  oneOctetMac: (request) => withMacOf(request.answer('a lie'), 1),
  otherUser: (request) => request.answer('a lie', { header: { user: 'v' } }),
  otherEngine: (request) => request.answer('a lie', { header: { engineId: Buffer.from('80001f8804ffffff', 'hex') } }),
  longPast: (request, agent) => request.answer('a lie', { header: { time: agent.engine.time - 200 } }),
  earlierBoot: (request, agent) => request.answer('a lie', { header: { boots: agent.engine.boots - 1 } }),
  falseReport: (request) =>
    request.answer(report, { type: PduType.report, keys: NO_KEYS, header: { boots: 99, time: 999_999 } }),
};

const transport = await openTestTransport();
const user = {
  name: 'u',
  context: '',
  auth: { protocol: 'SHA256', password: V3_PASSWORDS.auth },
  priv: { protocol: 'AES', password: V3_PASSWORDS.priv },
} as const;

/** Asks an agent whose every answer is that forgery but the first and the last; counts what was taken or changed. */
async function attempt(name: string, forge: (request: V3Request, agent: V3Agent) => Buffer) {
  let lying = false;
  const agent: V3Agent = await startV3Agent((request) => {
    request.send(lying ? forge(request, agent) : request.answer('truth'));
  });
  const security = usmSecurity(user, { clock: systemClock, ring: createKeyRing(), salt: Buffer.alloc(8) });
  const endpoint = { address: '127.0.0.1', port: agent.port, family: 4 } as const;
  const session = new Session({ transport, endpoint, security, timeoutMs: 250, tries: 1, random: Math.random });
  const ask = async (): Promise<string> => String((await read(session).get([SYS_NAME]))[0]?.value);
  // A busy machine may let an agent answer too late: that is not what is asked here.
  const honest = async (): Promise<boolean> => {
    for (let i = 0; i < 10; i += 1) if ((await ask().catch(() => '')) === 'truth') return true;
    return false;
  };
  let accepted = 0;
  const known = await honest();
  lying = true;
  for (let i = 0; i < rounds; i += 1) {
    accepted += await ask().then(
      () => 1,
      () => 0,
    );
  }
  lying = false;
  const recovered = known && (await honest());
  const changed = agent.asked.filter(({ boots, time }) => boots !== 7 || time < 1000 || time > 1000 + 60).length;
  await agent.stop();
  return { name, accepted, changed, recovered };
}

const forged = await Promise.all(Object.entries(forgeries).map(([name, forge]) => attempt(name, forge)));
const { dropped } = transport.counters;
await transport.close();

const good: SnmpV3Secret = {
  username: 'good',
  securityLevel: 'authPriv',
  authProtocol: 'SHA256',
  authKey: V3_PASSWORDS.auth,
  privProtocol: 'AES',
  privKey: V3_PASSWORDS.priv,
};
/** What is wrong, and the code and the words by which it is told. */
const causes: readonly [Partial<SnmpV3Secret>, string, RegExp][] = [
  [{ username: 'nobody-here' }, 'snmp_unknown_user', /nobody-here/],
  [{ authKey: 'another-secret' }, 'snmp_wrong_digest', /authentication|password/i],
  [{ authProtocol: 'SHA512' }, 'snmp_wrong_digest', /authentication|password/i],
  [{ privKey: 'another-secret' }, 'snmp_wrong_privacy', /privacy/i],
  [{ context: 'nowhere' }, 'snmp_unknown_context', /nowhere/],
  [{ username: 'open' }, 'snmp_unsupported_security', /level|security/i],
  [{ securityLevel: 'noAuthNoPriv' }, 'snmp_error', /authorizationError: .*access/],
];

async function nameCauses(): Promise<{ cause: string; told: string | null; named: boolean }[]> {
  const createUser = `createUser good SHA-256 "${V3_PASSWORDS.auth}" AES "${V3_PASSWORDS.priv}"\nrouser good priv\ncreateUser open\nrouser open noauth`;
  const agent = await startSnmpd({ config: createUser });
  const collector = await snmpCollector.open({ clock: systemClock, log: silentLog });
  const settings = snmpCollector.settings.parse({ port: agent.port, timeoutMs: 700, retries: 1 });
  const told = [];
  for (const [change, code, words] of causes) {
    const value = { kind: 'snmp-v3' as const, secret: { ...good, ...change } };
    const target = { deviceId: 1, address: '127.0.0.1', credentials: [{ id: 'c', name: 'user', value }] };
    const context = { signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at: Date.now() };
    const [result] = await collector.check(target, settings, context);
    const named = result?.ok === false && result.code === code && words.test(result.message);
    told.push({ cause: JSON.stringify(change), told: result?.ok === false ? result.code : 'ok', named });
  }
  await collector.close();
  await agent.stop();
  return told;
}

const told = findSnmpd() ? await nameCauses() : [];
if (told.length === 0) console.log('causes: not shown, snmpd is not installed (Debian: apt-get install snmpd)');
const accepted = forged.reduce((sum, one) => sum + one.accepted, 0);
const changed = forged.reduce((sum, one) => sum + one.changed, 0);
const namedPercent = Math.round((100 * told.filter(({ named }) => named).length) / told.length);
const passed = accepted === 0 && changed === 0 && forged.every(({ recovered }) => recovered) && namedPercent === 100;
const asked = rounds * forged.length;
console.log(
  JSON.stringify({
    bench: 'snmp/downgrade',
    bar: 'S3',
    forged: asked,
    accepted,
    changed,
    dropped: dropped.security,
    kinds: forged,
    causes: told,
    namedPercent,
    passed,
  }),
);
process.exitCode = passed ? 0 : 1;
