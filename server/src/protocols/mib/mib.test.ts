import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { SnmpType } from '#protocols/snmp/value.ts';
import { readCompact, writeCompact } from './compact.ts';
import { formatOctets } from './hint.ts';
import { buildLibrary } from './library.ts';
import { parseMib } from './parser.ts';
import { findNodes, oidNamed } from './search.ts';
import { formatAddress, formatTicks, formatValue, nameOid, nameVarbind } from './render.ts';

const standardText = readFileSync(new URL('../../../mibs/standard.tsv', import.meta.url), 'utf8');
const standard = readCompact(standardText);

const ACME = `
ACME-MIB DEFINITIONS ::= BEGIN
IMPORTS
  MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE, enterprises, Integer32 FROM SNMPv2-SMI
  TEXTUAL-CONVENTION, DisplayString FROM SNMPv2-TC
  ifEntry, ifIndex FROM IF-MIB;
acme MODULE-IDENTITY
  LAST-UPDATED "202601010000Z" ORGANIZATION "Acme" CONTACT-INFO "a ""quoted"" contact" DESCRIPTION "d"
  ::= { enterprises 99999 }
AcmeState ::= TEXTUAL-CONVENTION DISPLAY-HINT "d" STATUS current DESCRIPTION "x" SYNTAX INTEGER { ok(1), failed(-2) }
AcmeTenth ::= TEXTUAL-CONVENTION DISPLAY-HINT "d-1" STATUS current DESCRIPTION "x" SYNTAX Integer32 (0..100)
acmeObjects OBJECT IDENTIFIER ::= { acme 1 }
acmeTable OBJECT-TYPE SYNTAX SEQUENCE OF AcmeEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "x" ::= { acmeObjects 1 }
acmeEntry OBJECT-TYPE SYNTAX AcmeEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "x"
  AUGMENTS { ifEntry } ::= { acmeTable 1 }
AcmeEntry ::= SEQUENCE { acmeState AcmeState, acmeTemp AcmeTenth }
acmeState OBJECT-TYPE SYNTAX AcmeState MAX-ACCESS read-only STATUS current DESCRIPTION "x" DEFVAL { ok } ::= { acmeEntry 1 }
acmeTemp OBJECT-TYPE SYNTAX AcmeTenth UNITS "degrees" MAX-ACCESS read-only STATUS current DESCRIPTION "x" ::= { acmeEntry 2 }
acmeFailed NOTIFICATION-TYPE OBJECTS { acmeState, acmeTemp } STATUS current DESCRIPTION "x"
  --#SUMMARY "State is %s"
  --#ARGUMENTS {0}
  --#SEVERITY MAJOR
  ::= { acme 0 7 }
END
`;

test('names, numbers, types, units, indexes and notes of a module come out', () => {
  const { tree, problems } = buildLibrary(standard, [{ file: 'acme.mib', text: ACME }]);
  assert.deepEqual(problems, []);
  const [state] = tree.named('acmeState');
  assert.equal(state?.oid, '1.3.6.1.4.1.99999.1.1.1.1');
  assert.deepEqual(
    [...(state?.type?.enums ?? [])],
    [
      [1, 'ok'],
      [-2, 'failed'],
    ],
  );
  assert.equal(tree.named('ACME-MIB::acmeEntry')[0]?.augments, 'ifEntry');
  const [trap] = tree.named('acmeFailed');
  assert.deepEqual(trap?.objects, ['acmeState', 'acmeTemp']);
  assert.deepEqual(trap?.notes, { SUMMARY: '"State is %s"', ARGUMENTS: '{0}', SEVERITY: 'MAJOR' });
  const temp = nameVarbind(tree, { oid: '1.3.6.1.4.1.99999.1.1.1.2.5', type: SnmpType.integer, value: 215 });
  assert.deepEqual([temp.name, temp.instance, temp.value, temp.units], ['acmeTemp', '5', '21.5', 'degrees']);
  const failed = nameVarbind(tree, { oid: '1.3.6.1.4.1.99999.1.1.1.1.5', type: SnmpType.integer, value: -2 });
  assert.deepEqual([failed.value, failed.number], ['failed', -2]);
});

test('a v1 trap hangs below its enterprise behind a zero, a generic one among snmpTraps', () => {
  const text = `OLD-MIB DEFINITIONS ::= BEGIN
    IMPORTS enterprises FROM RFC1155-SMI TRAP-TYPE FROM RFC-1215 snmp, ifIndex FROM RFC1213-MIB;
    old OBJECT IDENTIFIER ::= { enterprises 7 }
    fanFailed TRAP-TYPE ENTERPRISE old VARIABLES { ifIndex } DESCRIPTION "x" ::= 12
    myLinkDown TRAP-TYPE ENTERPRISE snmp VARIABLES { ifIndex } ::= 2
    END`;
  const { tree, problems } = buildLibrary(standard, [{ file: 'old.mib', text }]);
  assert.deepEqual(problems, []);
  assert.equal(tree.named('fanFailed')[0]?.oid, '1.3.6.1.4.1.7.0.12');
  assert.equal(tree.named('myLinkDown')[0]?.oid, '1.3.6.1.6.3.1.1.5.3');
});

test('a fault costs its definition, is told with file and line, and takes no other file down', () => {
  const broken = `B-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises FROM SNMPv2-SMI thing FROM NOWHERE-MIB;
b OBJECT IDENTIFIER ::= { enterprises 8 }
bad OBJECT-TYPE SYNTAX INTEGER { one 1 } ACCESS read-only STATUS mandatory ::= { b 1 }
good OBJECT-TYPE SYNTAX INTEGER { one(1) } ACCESS read-only STATUS mandatory ::= { b 2 }
lost OBJECT IDENTIFIER ::= { nobody 1 }
below OBJECT IDENTIFIER ::= { thing 1 }
circle OBJECT IDENTIFIER ::= { circle2 1 }
circle2 OBJECT IDENTIFIER ::= { circle 1 }
typed OBJECT-TYPE SYNTAX NoSuchType ACCESS read-only STATUS mandatory ::= { b 3 }
END`;
  const { tree, problems } = buildLibrary(standard, [
    { file: 'broken.mib', text: broken },
    { file: 'garbage.mib', text: '\u0001\u0002 "no end' },
    { file: 'acme.mib', text: ACME },
  ]);
  assert.equal(tree.named('good')[0]?.oid, '1.3.6.1.4.1.8.2');
  assert.equal(tree.named('typed')[0]?.oid, '1.3.6.1.4.1.8.3');
  assert.equal(tree.named('acmeState').length, 1);
  assert.equal(tree.named('circle').length, 0);
  assert.deepEqual(
    problems.map(({ file, line, message }) => `${file}:${line}: ${message}`),
    [
      'broken.mib:2: imports thing from NOWHERE-MIB, which is in none of the folders',
      'broken.mib:4: “(” is expected here, and there is “1”',
      'broken.mib:6: lost hangs below nobody, which is not known',
      'broken.mib:8: circle hangs below itself',
      'broken.mib:10: type NoSuchType is not known',
      'garbage.mib:1: "\\u0001" has no place in a MIB',
      'garbage.mib:1: "\\u0002" has no place in a MIB',
      'garbage.mib:1: a text begins here and never ends',
    ],
  );
});

test('no text makes the parser throw or hang', () => {
  const pieces = ACME.split(/(\s+)/);
  const mutated = fc
    .array(
      fc.tuple(
        fc.nat({ max: pieces.length - 1 }),
        fc.constantFrom('', '{', '}', '::=', '"', '(', 'END', 'FROM', '--', '7'),
      ),
    )
    .map((changes) => {
      const copy = [...pieces];
      for (const [at, piece] of changes) copy[at] = piece;
      return copy.join('');
    });
  fc.assert(
    fc.property(
      fc.oneof(mutated, fc.string({ maxLength: 200 })),
      (text) => void buildLibrary(standard.slice(0, 3), [{ file: 'x', text }]),
    ),
    { numRuns: 300 },
  );
});

test('the standard table reads back as it was written, and so does any module', () => {
  assert.equal(writeCompact(standard), standardText);
  const { tree } = buildLibrary(standard, [{ file: 'acme.mib', text: ACME }]);
  const acme = tree.modules.get('ACME-MIB');
  assert.ok(acme);
  const [again] = readCompact(writeCompact([acme]));
  assert.deepEqual(
    again?.nodes,
    acme.nodes.map((node) => ({ ...node, notes: null })),
  );
});

test('values stand as their types and hints say', () => {
  const { tree } = buildLibrary(standard, []);
  const show = (oid: string, type: (typeof SnmpType)[keyof typeof SnmpType], value: number | string | Buffer) =>
    nameVarbind(tree, { oid, type, value }).value;
  assert.equal(show('1.3.6.1.2.1.2.2.1.8.3', SnmpType.integer, 7), 'lowerLayerDown');
  assert.equal(show('1.3.6.1.2.1.2.2.1.8.3', SnmpType.integer, 99), '99');
  assert.equal(
    show('1.3.6.1.2.1.2.2.1.6.3', SnmpType.octetString, Buffer.from('001122334455', 'hex')),
    '00:11:22:33:44:55',
  );
  assert.equal(show('1.3.6.1.2.1.2.2.1.2.3', SnmpType.octetString, Buffer.from('Straße 1\0')), 'Straße 1');
  assert.equal(show('1.3.6.1.2.1.2.2.1.2.3', SnmpType.octetString, Buffer.from('ff01', 'hex')), 'ff 01');
  assert.equal(
    show('1.3.6.1.2.1.25.1.2.0', SnmpType.octetString, Buffer.from('07ea0c1f17003b05', 'hex')),
    '2026-12-31,23:0:59.5',
  );
  assert.equal(show('1.3.6.1.2.1.1.2.0', SnmpType.oid, '1.3.6.1.2.1.2.2.1.8.3'), 'IF-MIB::ifOperStatus.3');
  assert.equal(show('1.3.6.1.2.1.1.2.0', SnmpType.oid, '1.3.6.1.4.1.424242.1'), '1.3.6.1.4.1.424242.1');
  assert.equal(nameOid(tree, '1.3.6.1.6.3.1.1.5.3'), 'IF-MIB::linkDown');
  assert.equal(nameOid(tree, '1.3.6.1.2.1.1.3.0'), 'SNMPv2-MIB::sysUpTime.0');
  assert.equal(formatTicks(8_640_000 + 366_105), '1d 1:01:01.05');
  assert.equal(formatAddress(Buffer.from('20010db8000000000000000000000001', 'hex')), '2001:db8::1');
  assert.equal(formatAddress(Buffer.alloc(16)), '::');
  assert.equal(formatOctets('1x:', Buffer.from('0a0b', 'hex')), '0a:0b');
  assert.equal(formatOctets('*1d./', Buffer.from([2, 1, 2, 1, 9])), '1.2/9');
  assert.equal(formatOctets('no hint', Buffer.from([1])), null);
  const bits = {
    name: 'BITS',
    base: 'BITS',
    hint: null,
    enums: new Map([
      [0, 'a'],
      [9, 'b'],
    ]),
  };
  assert.equal(
    formatValue(tree, { oid: '1.1', type: SnmpType.octetString, value: Buffer.from([0x80, 0x40]) }, bits),
    'a b',
  );
});

test('comments with rulers of dashes, macros and vendors’ spellings are read', () => {
  const text = `-- ------ -- a ruler
  X-MIB DEFINITIONS ::= BEGIN
  FOO MACRO ::= BEGIN TYPE NOTATION ::= "x" VALUE NOTATION ::= value (VALUE INTEGER) END
  IMPORTS enterprises FROM SNMPv2-SMI;
  x OBJECT IDENTIFIER ::= { iso org(3) dod(6) internet(1) private(4) enterprises(1) 3 }
  y OBJECT-TYPE SYNTAX OCTET STRING (SIZE (0..255 | 300)) ACCESS read-only STATUS mandatory -----
    DESCRIPTION "text with -- in it" ::= { x 1 }
  z OBJECT-TYPE SYNTAX INTEGER { 10mbit(1), a-b(2), } ACCESS read-only STATUS mandatory ::= { x 2 }
  END`;
  const { modules, problems } = parseMib('x', text);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    modules[0]?.nodes.map(({ name }) => name),
    ['x', 'y', 'z'],
  );
  assert.deepEqual(modules[0]?.nodes[2]?.syntax?.enums, [
    ['10mbit', 1],
    ['a-b', 2],
  ]);
});

test('names that people type are found, and what comes near is told', () => {
  const { tree } = buildLibrary(standard, []);
  assert.equal(oidNamed(tree, '.1.3.6.1'), '1.3.6.1');
  assert.equal(oidNamed(tree, 'sysUpTime.0'), '1.3.6.1.2.1.1.3.0');
  assert.equal(oidNamed(tree, 'IF-MIB::ifDescr.3'), '1.3.6.1.2.1.2.2.1.2.3');
  assert.throws(() => oidNamed(tree, 'ifDesc'), /did you mean ifDescr/);
  assert.throws(() => oidNamed(tree, '-rf'), { code: 'bad_request' });
  assert.equal(findNodes(tree, 'ifdescr')[0]?.name, 'ifDescr');
  assert.deepEqual(findNodes(tree, ''), []);
});
