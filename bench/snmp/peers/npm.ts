import snmp from 'net-snmp';
import type { Session } from 'net-snmp';
import { COLUMNS, V3, addressOf } from '../device.ts';
import type { Plan } from './peer.ts';

const ROWS_PER_BULK = 4;
const { AuthProtocols, PrivProtocols, SecurityLevel, Version2c, Version3 } = snmp;
const user = {
  name: 'u',
  level: SecurityLevel.authPriv,
  authProtocol: AuthProtocols.sha256,
  authKey: V3.auth,
  privProtocol: PrivProtocols.aes,
  privKey: V3.priv,
};

/** The same columns by the npm package net-snmp, in GETBULKs that fill a datagram; a session a device. */
export function npmPoller({ devices, ports, port, security }: Plan): (device: number) => Promise<number> {
  const options = { port, timeout: 2000, retries: 2 };
  const sessions = Array.from({ length: devices }, (_, i): Session => {
    const address = addressOf(i);
    const session =
      security === 'v3'
        ? snmp.createV3Session(address, user, { ...options, version: Version3 })
        : snmp.createSession(address, 'public', { ...options, version: Version2c });
    session.on('error', () => undefined);
    return session;
  });
  return async (device) => {
    const session = sessions[device] as Session;
    let count = 0;
    for (let row = 0; row < ports; row += ROWS_PER_BULK) {
      const oids = COLUMNS.map((column) => (row === 0 ? column : `${column}.${row}`));
      count += await new Promise<number>((resolve, reject) => {
        session.getBulk(oids, 0, ROWS_PER_BULK, (error, varbinds) =>
          error ? reject(error) : resolve(varbinds.reduce((sum, column) => sum + column.length, 0)),
        );
      });
    }
    return count;
  };
}
