declare module 'pg-copy-streams' {
  import type { Readable, Writable } from 'node:stream';
  import type { Submittable } from 'pg';
  /** A stream to be handed to `client.query`: what is written into it is the data of the COPY statement. */
  export function from(sql: string): Writable & Submittable;
  /** A stream to be handed to `client.query`: what is read from it is the data of the COPY statement. */
  export function to(sql: string): Readable & Submittable & { callback?: () => void };
  /** A stream to be handed to `client.query`: what is read from it is the data of the COPY statement. */
  export function to(sql: string): Readable & Submittable;
}
