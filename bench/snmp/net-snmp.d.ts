declare module 'net-snmp' {
  export const Version1: number;
  export const Version2c: number;
  export interface Varbind {
    oid: string;
    type: number;
    value: unknown;
  }
  export interface Session {
    getBulk(
      oids: string[],
      nonRepeaters: number,
      maxRepetitions: number,
      callback: (error: Error | null, varbinds: Varbind[][]) => void,
    ): void;
    on(event: 'error', listener: (error: Error) => void): void;
    close(): void;
  }
  export function createSession(address: string, community: string, options: object): Session;
  const all: { createSession: typeof createSession; Version2c: number };
  export default all;
}
