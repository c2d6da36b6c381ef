import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AppError, toAppError } from '#platform/errors.ts';
import { MAX_BOOTS } from './engines.ts';

const State = z.object({
  /** Our own engine: authoritative for informs. */
  engineId: z.string().regex(/^([0-9a-f]{2}){5,32}$/),
  boots: z.number().int().min(0).max(MAX_BOOTS),
  /** Those that have sent us traps. */
  engines: z.array(
    z.object({ id: z.string(), boots: z.number().int(), latest: z.number().int(), seen: z.array(z.string()) }),
  ),
});
export type TrapState = z.infer<typeof State>;

/** RFC 3411 section 5: our enterprise-less engine ID, of format "octets" below net-snmp's reserved number for others. */
const PREFIX = '8000000005';

/**
 * Reads the state, counts one start more and writes it back, before anybody is answered: a boots counter that stood
 * still would let old informs be replayed. A file that cannot be read gives way to a new engine, which nobody knows yet.
 */
export async function openState(file: string): Promise<TrapState> {
  try {
    const before = await readState(file);
    const worn = before === undefined || before.boots >= MAX_BOOTS - 1;
    const state = worn
      ? { engineId: PREFIX + randomBytes(12).toString('hex'), boots: 1, engines: before?.engines ?? [] }
      : { ...before, boots: before.boots + 1 };
    await writeState(file, state);
    return state;
  } catch (cause) {
    const why = toAppError(cause).message;
    throw new AppError(
      'data_dir_unwritable',
      `${file} cannot be written, so no SNMP notifications are received: ${why}`,
      {
        cause,
        retryable: true,
      },
    );
  }
}

async function readState(file: string): Promise<TrapState | undefined> {
  try {
    const parsed = State.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces the file as a whole, on stable storage. */
export async function writeState(file: string, state: TrapState): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(state));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}
