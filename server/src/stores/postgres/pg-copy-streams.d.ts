declare module 'pg-copy-streams' {
  import type { Writable } from 'node:stream';
  import type { Submittable } from 'pg';
  /** A stream to be handed to `client.query`: what is written into it is the data of the COPY statement. */
  export function from(sql: string): Writable & Submittable;
}
