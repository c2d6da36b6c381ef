import { PduType } from './pdu.ts';
import type { Pdu, TrapV1 } from './pdu.ts';
import { SnmpType } from './value.ts';
import type { SnmpVarbind } from './value.ts';

const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
const SNMP_TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';
const SNMP_TRAP_ENTERPRISE = '1.3.6.1.6.3.1.1.4.3.0';
const SNMP_TRAP_ADDRESS = '1.3.6.1.6.3.18.1.3.0';
const SNMP_TRAP_COMMUNITY = '1.3.6.1.6.3.18.1.4.0';
const SNMP_TRAPS = '1.3.6.1.6.3.1.1.5';
const ENTERPRISE_SPECIFIC = 6;

/** What a trap or an inform of any version says, in the terms of v2 (RFC 3584 section 3.1). */
export interface Notification {
  /** The value of snmpTrapOID. */
  readonly trapOid: string;
  /** Hundredths of a second since the agent started; null when it does not say. */
  readonly uptime: number | null;
  /** The agent itself, where somebody else sent it on for it: agent-addr of v1, or snmpTrapAddress. Four octets. */
  readonly agentAddress: Uint8Array | null;
  readonly enterprise: string | null;
  /** Without those of which the other parts are made, and without a community. */
  readonly varbinds: readonly SnmpVarbind[];
}

/** Reads a notification out of a PDU; null when it is none. */
export function notificationOf(pdu: Pdu | TrapV1): Notification | null {
  if (pdu.type === PduType.trapV1) return ofV1(pdu);
  return pdu.type === PduType.trapV2 || pdu.type === PduType.inform ? ofV2(pdu) : null;
}

function ofV1({ enterprise, agentAddress, genericTrap, specificTrap, timestamp, varbinds }: TrapV1): Notification {
  const generic = genericTrap >= 0 && genericTrap < ENTERPRISE_SPECIFIC;
  return {
    trapOid: generic ? `${SNMP_TRAPS}.${genericTrap + 1}` : `${enterprise}.0.${specificTrap >>> 0}`,
    uptime: timestamp,
    agentAddress: named(agentAddress),
    enterprise,
    varbinds: varbinds.filter(({ oid }) => oid !== SNMP_TRAP_COMMUNITY),
  };
}

function ofV2({ varbinds }: Pdu): Notification | null {
  let trapOid: string | null = null;
  let uptime: number | null = null;
  let agentAddress: Uint8Array | null = null;
  let enterprise: string | null = null;
  const rest: SnmpVarbind[] = [];
  // Some agents do not keep to the order of RFC 3416 section 4.2.6.
  for (const varbind of varbinds) {
    const { oid, type, value } = varbind;
    if (oid === SNMP_TRAP_OID && type === SnmpType.oid && trapOid === null) trapOid = String(value);
    else if (oid === SYS_UP_TIME && typeof value === 'number' && uptime === null) uptime = value;
    else if (oid === SNMP_TRAP_ADDRESS && type === SnmpType.ipAddress && Buffer.isBuffer(value))
      agentAddress = named(value);
    else if (oid === SNMP_TRAP_ENTERPRISE && type === SnmpType.oid) enterprise = String(value);
    else if (oid !== SNMP_TRAP_COMMUNITY) rest.push(varbind);
  }
  return trapOid === null ? null : { trapOid, uptime, agentAddress, enterprise, varbinds: rest };
}

/** Null for an address that names nobody: 0.0.0.0, and 127.0.0.1 of agents that know no better. */
function named(address: Uint8Array): Uint8Array | null {
  const [a, b, c, d] = address;
  const nobody = address.length !== 4 || a === 0 || (a === 127 && b === 0 && c === 0 && d === 1);
  return nobody ? null : address;
}
