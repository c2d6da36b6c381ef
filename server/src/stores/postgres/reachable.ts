import { connect } from 'node:net';
import pg from 'pg';

/** What the machine of the database says to a connection; `silent` also where the network does not lead there. */
export type Reach = 'open' | 'refused' | 'silent';

/** Whether the network reaches the machine of the database, whatever the database itself does. */
export function reachDatabase(databaseUrl: string, withinMs: number): Promise<Reach> {
  const { host, port } = new pg.Client({ connectionString: databaseUrl });
  const socket = connect(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  const { promise, resolve } = Promise.withResolvers<Reach>();
  const timer = setTimeout(() => end('silent'), withinMs);
  function end(reach: Reach): void {
    clearTimeout(timer);
    socket.destroy();
    resolve(reach);
  }
  socket.once('connect', () => end('open'));
  socket.once('error', (error) => {
    const code = 'code' in error ? error.code : '';
    // A socket that is not there, in the file system, is as good as a refusal.
    end(code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'ENOENT' ? 'refused' : 'silent');
  });
  return promise;
}
