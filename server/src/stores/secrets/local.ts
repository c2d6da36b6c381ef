import { randomBytes } from 'node:crypto';
import { AppError } from '#platform/errors.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { createKeyFile, readKeyFile } from './key-file.ts';
import type { KeyRing } from './key-file.ts';
import { seal, unseal } from './seal.ts';
import type { SecretStore } from './secrets.ts';

export interface LocalSecretStoreDeps {
  readonly pg: Postgres;
  /** Created with mode 0600 when the database holds no secret yet. Belongs into the operator's backup. */
  readonly keyFile: string;
}

/** A SecretStore that can be asked at start whether its key is usable. */
export interface LocalSecretStore extends SecretStore {
  /** Reads or creates the key file; throws `secret_unavailable` with the remedy. */
  open(): Promise<void>;
}

/** Secrets in PostgreSQL, sealed with AES-256-GCM by a key that only the key file holds. */
export function createLocalSecretStore({ pg, keyFile }: LocalSecretStoreDeps): LocalSecretStore {
  let ring: Promise<KeyRing> | undefined;

  async function loadKeys(): Promise<KeyRing> {
    const keys = await readKeyFile(keyFile);
    if (keys) return keys;
    // A new key beside old secrets would look healthy and open none of them.
    const { rowCount } = await pg.query('select 1 from secret limit 1');
    if (rowCount > 0) {
      // Another process may have made the file, and used it, since we looked.
      const made = await readKeyFile(keyFile);
      if (made) return made;
      throw new AppError(
        'secret_unavailable',
        `The key file ${keyFile} is missing, and the database holds secrets sealed with it: restore it from your backup.`,
      );
    }
    return createKeyFile(keyFile);
  }

  function keys(): Promise<KeyRing> {
    ring ??= loadKeys().catch((error: unknown) => {
      ring = undefined;
      throw error;
    });
    return ring;
  }

  return {
    async open() {
      await keys();
    },
    async put(key, plaintext) {
      const { active } = await keys();
      await pg.query(
        `insert into secret (key, key_id, sealed) values ($1, $2, $3)
         on conflict (key) do update set key_id = excluded.key_id, sealed = excluded.sealed, updated_at = now()`,
        [key, active.id, seal(active.bytes, key, plaintext, randomBytes(12))],
      );
    },
    async get(key) {
      const { rows } = await pg.query<{ key_id: string; sealed: Buffer }>(
        'select key_id, sealed from secret where key = $1',
        [key],
      );
      const row = rows[0];
      if (!row) return undefined;
      const sealer = (await keys()).byId.get(row.key_id);
      if (!sealer) {
        throw new AppError(
          'secret_unavailable',
          `A secret was sealed with another key than the one in ${keyFile}: restore the key file that belongs to this database.`,
        );
      }
      try {
        return unseal(sealer.bytes, key, row.sealed);
      } catch (cause) {
        throw new AppError('secret_unavailable', 'A stored secret is damaged: enter it anew.', { cause });
      }
    },
    async delete(key) {
      await pg.query('delete from secret where key = $1', [key]);
    },
  };
}
