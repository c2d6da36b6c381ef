import { connect } from 'node:net';
import type { NetConnectOpts } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** What the machine of the database says to a connection; `silent` also where the network does not lead there. */
export type Reach = 'open' | 'refused' | 'silent';

/** Hardly anybody listens here (discard): a machine that is there refuses it. */
const NOBODYS_PORT = 9;
/** After this share of the time an answer is late. */
const LATE = 1 / 3;

/**
 * Whether the network reaches the machine of the database, whatever the database itself does. One that hangs takes connections
 * only until as many wait as may, and then says nothing any more: its machine still refuses them at another port.
 */
export async function reachDatabase(databaseUrl: string, withinMs: number): Promise<Reach> {
  const { host, port } = new pg.Client({ connectionString: databaseUrl });
  if (host.startsWith('/')) {
    const reach = await knock({ path: `${host}/.s.PGSQL.${port}` }, withinMs);
    return reach === 'silent' ? 'open' : reach;
  }
  const database = knock({ host, port }, withinMs);
  const late = withinMs * LATE;
  const soon = await Promise.race([database, sleep(late, undefined, { ref: false })]);
  if (soon !== undefined) return soon;
  const [reach, other] = await Promise.all([database, knock({ host, port: NOBODYS_PORT }, withinMs - late)]);
  return reach === 'silent' && other !== 'silent' ? 'open' : reach;
}

function knock(where: NetConnectOpts, withinMs: number): Promise<Reach> {
  const socket = connect(where);
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
