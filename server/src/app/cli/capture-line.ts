import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';

/** What a walk prints at its end: replayers take a text that begins so for no value, thus it is written as hex. */
const WALK_END = 'No more variables left';
const MAX_COUNTER64 = 0xffff_ffff_ffff_ffffn;

/**
 * A varbind as a line `OID|tag|value` of a recording (snmprec), octets as hex where they do not print; null for what is
 * no value. A Counter64 beyond 2^53 comes rounded, as the varbind has it.
 */
export function recordingLine({ oid, type, value }: SnmpVarbind): string | null {
  switch (type) {
    case SnmpType.noSuchObject:
    case SnmpType.noSuchInstance:
    case SnmpType.endOfMibView:
      return null;
    case SnmpType.null:
      return `${oid}|5|`;
    case SnmpType.opaque:
      return `${oid}|68x|${(typeof value === 'number' ? wrapped(value) : octetsOf(value)).toString('hex')}`;
    case SnmpType.counter64: {
      const exact = BigInt(Number(value));
      return `${oid}|70|${exact > MAX_COUNTER64 ? MAX_COUNTER64 : exact}`;
    }
    case SnmpType.octetString: {
      const octets = octetsOf(value);
      return isPlain(octets) ? `${oid}|4|${octets.toString('latin1')}` : `${oid}|4x|${octets.toString('hex')}`;
    }
    case SnmpType.ipAddress: {
      const octets = octetsOf(value);
      return octets.length === 4 ? `${oid}|64|${octets.join('.')}` : `${oid}|64x|${octets.toString('hex')}`;
    }
    default:
      return `${oid}|${type}|${String(value)}`;
  }
}

function octetsOf(value: SnmpVarbind['value']): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(String(value ?? ''), 'utf8');
}

function isPlain(octets: Buffer): boolean {
  return octets.every((octet) => octet >= 0x20 && octet < 0x7f) && !octets.toString('latin1').startsWith(WALK_END);
}

/** A number inside an Opaque as net-snmp wraps it: a float where it holds it, else a double. */
function wrapped(value: number): Buffer {
  if (Number.isNaN(value) || Math.fround(value) === value) {
    const octets = Buffer.from([0x9f, 0x78, 4, 0, 0, 0, 0]);
    octets.writeFloatBE(value, 3);
    return octets;
  }
  const octets = Buffer.alloc(11);
  octets.set([0x9f, 0x79, 8]);
  octets.writeDoubleBE(value, 3);
  return octets;
}
