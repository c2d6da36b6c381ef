import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { recordingLine } from './capture-line.ts';
import { scrub } from './capture-scrub.ts';

const text = (oid: string, value: string | Uint8Array): SnmpVarbind => ({
  oid,
  type: SnmpType.octetString,
  value: Buffer.from(value),
});
const number = (oid: string, value: number): SnmpVarbind => ({ oid, type: SnmpType.integer, value });
const linesOf = (varbinds: readonly SnmpVarbind[]) =>
  scrub(varbinds, { serialRoots: [], secrets: [] }).map(recordingLine);

const LLDP = '1.0.8802.1.1.2.1';
const ENTITY = '1.3.6.1.2.1.47.1.1.1.1';
const ENGINE = '1.3.6.1.6.3.10.2.1.1.0';

/** What no recording may tell: each once, unlike each other and unlike anything else that a device says. */
const word = fc.stringMatching(/^[a-z]{6}q[0-9]{4}$/);
const address = fc.tuple(fc.integer({ min: 20, max: 120 }), ...[0, 1, 2].map(() => fc.integer({ min: 20, max: 250 })));
// Also of letters alone, which look like a text.
const octet = fc.oneof(fc.integer({ min: 0x41, max: 0x7a }), fc.integer({ min: 3, max: 250 }));
const mac = fc.tuple(...[1, 2, 3, 4, 5].map(() => octet)).map((rest) => [0x54, ...rest]);
const six = fc
  .tuple(...Array.from({ length: 13 }, () => fc.integer({ min: 20, max: 250 })))
  .map((rest) => [0x2a, 2, 3, ...rest]);
const secrets = fc.record({
  words: fc.uniqueArray(word, { minLength: 12, maxLength: 12 }),
  addresses: fc.uniqueArray(address, { minLength: 5, maxLength: 5, selector: String }),
  macs: fc.uniqueArray(mac, { minLength: 7, maxLength: 7, selector: String }),
  six,
});

/** A device that says each of these at the places of the standard MIBs where devices do. */
function device({ words, addresses, macs, six: ipv6 }: typeof secrets extends fc.Arbitrary<infer S> ? S : never) {
  const [name = '', contact = '', place = '', serial = '', alias = '', asset = '', neighbor = '', chassis = ''] = words;
  const [remoteSerial = '', printer = '', platform = '', argument = ''] = words.slice(8);
  const [own = [], route = [], cdp = [], engine = [], id = []] = addresses;
  const [port = [], arp = [], station = [], root = [], chassisMac = [], portMac = [], bridge = []] = macs;
  const colons = port.map((part) => part.toString(16).padStart(2, '0')).join(':');
  return [
    text('1.3.6.1.2.1.1.1.0', `OS of ${name} at ${own.join('.')}, ${colons}`),
    text('1.3.6.1.2.1.1.4.0', contact),
    text('1.3.6.1.2.1.1.5.0', `${name}.example.org`),
    text('1.3.6.1.2.1.1.6.0', place),
    text('1.3.6.1.2.1.2.2.1.6.1', Uint8Array.from(port)),
    { oid: `1.3.6.1.2.1.4.20.1.1.${own.join('.')}`, type: SnmpType.ipAddress, value: Buffer.from(own) },
    number(`1.3.6.1.2.1.4.24.4.1.5.${route.join('.')}.255.255.255.0.0.0.0.0.0`, 1),
    text(`1.3.6.1.2.1.4.22.1.2.1.${id.join('.')}`, Uint8Array.from(arp)),
    number(`1.3.6.1.2.1.4.34.1.3.2.16.${ipv6.join('.')}`, 1),
    text('1.3.6.1.2.1.17.1.1.0', Uint8Array.from(bridge)),
    text('1.3.6.1.2.1.17.2.5.0', Uint8Array.from([128, 0, ...root])),
    number(`1.3.6.1.2.1.17.4.3.1.2.${station.join('.')}`, 4),
    text('1.3.6.1.2.1.25.4.2.1.5.7', `--password ${argument}`),
    text('1.3.6.1.2.1.31.1.1.1.18.1', alias),
    text('1.3.6.1.2.1.43.5.1.1.16.1', printer),
    text(`${ENTITY}.2.1`, `Chassis, serial ${serial}`),
    text(`${ENTITY}.11.1`, serial),
    text(`${ENTITY}.14.1`, asset),
    number(`${LLDP}.3.1.0`, 4),
    text(`${LLDP}.3.2.0`, Uint8Array.from(chassisMac)),
    text(`${LLDP}.3.7.1.4.1`, alias),
    number(`${LLDP}.4.1.1.4.0.1.1`, 5),
    text(`${LLDP}.4.1.1.5.0.1.1`, Uint8Array.from([1, ...cdp])),
    number(`${LLDP}.4.1.1.6.0.1.1`, 3),
    text(`${LLDP}.4.1.1.7.0.1.1`, Uint8Array.from(portMac)),
    text(`${LLDP}.4.1.1.9.0.1.1`, neighbor),
    number(`${LLDP}.4.1.1.4.0.2.1`, 7),
    text(`${LLDP}.4.1.1.5.0.2.1`, chassis),
    text(`${LLDP}.5.4795.1.3.3.1.4.0.1.1.1`, remoteSerial),
    text('1.3.6.1.4.1.9.9.23.1.2.1.1.4.1.1', Uint8Array.from(cdp)),
    text('1.3.6.1.4.1.9.9.23.1.2.1.1.17.1.1', platform),
    number(`1.3.6.1.4.1.9.9.500.1.1.1.3.16.${ipv6.join('.')}`, 2),
    text(ENGINE, Uint8Array.from([0x80, 0, 0, 9, 1, ...engine])),
    number(`1.3.6.1.2.1.92.1.2.1.1.9.128.0.0.9.1.${engine.join('.')}`, 3),
    text('1.3.6.1.4.1.9.9.999.1.0', Uint8Array.from([0x80, 0, 0, 9, 1, ...engine])),
  ];
}

test('no name, serial number, address or engine id of the device is left, in whatever form', () => {
  fc.assert(
    fc.property(secrets, (given) => {
      const told = linesOf(device(given)).join('\n').toLowerCase();
      const hexOf = (octets: readonly number[]) => Buffer.from(octets).toString('hex');
      const octets = [...given.addresses, ...given.macs, given.six];
      const forms = octets.flatMap((one) => [one.join('.'), hexOf(one), Buffer.from(one).toString('latin1')]);
      for (const form of [...given.words, ...forms]) assert.ok(!told.includes(form.toLowerCase()), form);
      assert.equal(linesOf(device(given)).length, device(given).length - 1);
    }),
    { numRuns: 60 },
  );
});

test('an engine id keeps its maker and length, wherever it stands, and scrubbing again ends', () => {
  const engine = Uint8Array.from([0x80, 0, 0, 9, 3, 0x54, 1, 2, 3, 4, 5]);
  const once = scrub([text(ENGINE, engine), number(`1.3.6.1.2.1.92.1.2.1.1.11.${engine.join('.')}`, 3)], {
    serialRoots: [],
    secrets: [],
  });
  const expected = [
    '1.3.6.1.6.3.10.2.1.1.0|4x|8000000905000000000001',
    '1.3.6.1.2.1.92.1.2.1.1.11.128.0.0.9.5.0.0.0.0.0.1|2|3',
  ];
  assert.deepEqual(once.map(recordingLine), expected);
  assert.deepEqual(linesOf(once), expected);
});

test('a port is still found by its id and its name', () => {
  const kept = [
    number(`${LLDP}.3.7.1.2.1`, 5),
    text(`${LLDP}.3.7.1.3.1`, 'GigabitEthernet0/1'),
    text(`${LLDP}.3.7.1.4.1`, 'GigabitEthernet0/1'),
    text('1.3.6.1.2.1.31.1.1.1.1.1', 'Gi0/1'),
  ];
  assert.deepEqual(linesOf(kept), kept.map(recordingLine));
});
