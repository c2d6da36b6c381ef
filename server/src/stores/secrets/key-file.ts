import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '#platform/errors.ts';

/** A key and the name under which sealed values refer to it. */
export interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/** The key that seals, and every key that can still open. */
export interface KeyRing {
  readonly active: Key;
  readonly byId: ReadonlyMap<string, Key>;
}

const HEADER = 'sotp-key-v1';
const KEY_BYTES = 32;

const unavailable = (sentence: string, cause?: unknown) => new AppError('secret_unavailable', sentence, { cause });
const idOf = (bytes: Buffer) => createHash('sha256').update('sotp key id').update(bytes).digest('hex').slice(0, 16);
const hasCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code;

/** The keys in a text like that of a key file; `what` names it in messages: `The key file /srv/secret.key`. */
export function parseKeys(text: string, what: string): KeyRing {
  const keys = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [header, id, encoded = ''] = line.trim().split(' ');
      const bytes = Buffer.from(encoded, 'base64');
      if (header !== HEADER || bytes.length !== KEY_BYTES || idOf(bytes) !== id) {
        throw unavailable(`${what} is damaged or cut short: restore it from your backup.`);
      }
      return { id, bytes };
    });
  const active = keys[0];
  if (!active) throw unavailable(`${what} is empty: restore it from your backup.`);
  return { active, byId: new Map(keys.map((key) => [key.id, key])) };
}

/** Undefined when there is no such file. Throws `secret_unavailable` when others may read it or it is damaged. */
export async function readKeyFile(file: string): Promise<KeyRing | undefined> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      throw unavailable(`The key file ${file} has mode ${octal}, so others can read it: run chmod 600 on it.`);
    }
    return parseKeys(await readFile(file, 'utf8'), `The key file ${file}`);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (error instanceof AppError) throw error;
    throw unavailable(`The key file ${file} cannot be read: check its owner and mode.`, error);
  }
}

/** Makes a new key, mode 0600. When another process was first, its key is the one that counts. */
export async function createKeyFile(file: string): Promise<KeyRing> {
  const bytes = randomBytes(KEY_BYTES);
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${HEADER} ${idOf(bytes)} ${bytes.toString('base64')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  } catch (error) {
    throw unavailable(`The key file ${file} cannot be created: check the folder's owner and mode.`, error);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  const ring = await readKeyFile(file);
  if (!ring) throw unavailable(`The key file ${file} was removed while it was being created.`);
  return ring;
}
