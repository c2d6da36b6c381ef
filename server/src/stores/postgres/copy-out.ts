import type pg from 'pg';

/** What `pg` hands to a query of ours; its own types know only of connections. */
interface Wire {
  query(text: string): void;
}

const FIRST_BYTES = 16 * 1024;

/**
 * COPY … TO STDOUT as one Buffer: a query that `pg` runs as one of its own. It takes every piece of data straight to its
 * place; a stream of them would cost several turns of the event loop more, which is what short answers consist of.
 */
class CopyOut {
  /** Set by `pg` as well, to end its timer. */
  callback: (error: Error | null) => void;
  readonly #sql: string;
  #data = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  constructor(sql: string, callback: (error: Error | null) => void) {
    this.#sql = sql;
    this.callback = callback;
  }

  get data(): Buffer {
    return this.#data.subarray(0, this.#length);
  }

  submit(connection: Wire): void {
    connection.query(this.#sql);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    const end = this.#length + chunk.length;
    if (end > this.#data.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#data.length * 2, end));
      this.#data.copy(grown, 0, 0, this.#length);
      this.#data = grown;
    }
    // What comes next is written over the piece itself.
    chunk.copy(this.#data, this.#length);
    this.#length = end;
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.callback(null);
  }

  handleError(error: Error): void {
    this.callback(error);
    // What follows a fault is the server being ready again.
    this.callback = () => undefined;
  }
}

/** Runs the statement on a connection and answers its data. Faults are those of `pg`. */
export function copyOut(client: pg.ClientBase, sql: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const query: CopyOut = new CopyOut(sql, (error) => (error ? reject(error) : resolve(query.data)));
    client.query(query as unknown as pg.Submittable);
  });
}
