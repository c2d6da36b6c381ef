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
  export function createV3Session(address: string, user: object, options: object): Session;
  const all: {
    createSession: typeof createSession;
    createV3Session: typeof createV3Session;
    Version2c: number;
    Version3: number;
    AuthProtocols: { sha256: number };
    PrivProtocols: { aes: number };
    SecurityLevel: { authPriv: number };
  };
  export default all;
}
