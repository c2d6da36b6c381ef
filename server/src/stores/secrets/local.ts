import { randomBytes } from 'node:crypto';
import { AppError } from '#platform/errors.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { createKeyFile, parseKeys, readKeyFile } from './key-file.ts';
import type { KeyRing } from './key-file.ts';
import { seal, unseal } from './seal.ts';
import type { SecretStore } from './secrets.ts';

export interface LocalSecretStoreDeps {
  readonly pg: Postgres;
  /** Created with mode 0600 when the database holds no secret yet. Belongs into the operator's backup. */
  readonly keyFile: string;
  /** The text of a key file, given by configuration instead of one. */
  readonly key?: string;
  /** False on a machine that only uses what another one has sealed: it makes no key of its own. */
  readonly mayCreate?: boolean;
}

/** A SecretStore that can be asked at start whether its key is usable. */
export interface LocalSecretStore extends SecretStore {
  /** Reads or creates the key file; throws `secret_unavailable` with the remedy. */
  open(): Promise<void>;
}

/** Secrets in PostgreSQL, sealed with AES-256-GCM by a key that only the key file holds. */
export function createLocalSecretStore({
  pg,
  keyFile,
  key: given,
  mayCreate = true,
}: LocalSecretStoreDeps): LocalSecretStore {
  let ring: Promise<KeyRing> | undefined;
  const named = given === undefined ? `The key file ${keyFile}` : 'The key in SOTP_SECRET_KEY';

  async function readKeys(): Promise<KeyRing | undefined> {
    return given === undefined ? readKeyFile(keyFile) : parseKeys(given, named);
  }

  const hasSecrets = async () => (await pg.query('select 1 from secret limit 1')).rowCount > 0;

  async function loadKeys(): Promise<KeyRing> {
    const keys = await readKeys();
    if (keys) return keys;
    // A new key beside old secrets would look healthy and open none of them.
    if (await hasSecrets()) {
      // Another process may have made the file, and used it, since we looked.
      const made = await readKeys();
      if (made) return made;
      throw new AppError(
        'secret_unavailable',
        `The key file ${keyFile} is missing, and the database holds secrets sealed with it: restore it from your backup, or copy secret.key from the machine where the hub runs.`,
      );
    }
    if (mayCreate) return createKeyFile(keyFile);
    throw new AppError(
      'secret_unavailable',
      `This machine has no key to open credentials with: copy secret.key from the data directory of the hub to ${keyFile} (mode 0600), or set SOTP_SECRET_KEY to its content.`,
    );
  }

  /** All machines must hold the key that secrets are sealed with; the database knows its name. */
  async function agree(keys: KeyRing): Promise<KeyRing> {
    const { active, byId } = keys;
    const { rows } = await pg.query<{ id: string }>(
      `insert into fleet (key_id) values ($1)
       on conflict (only_row) do update set key_id = coalesce(fleet.key_id, excluded.key_id) returning key_id as id`,
      [active.id],
    );
    const known = rows[0]?.id ?? active.id;
    if (known === active.id) return keys;
    if (!byId.has(known) && (!mayCreate || (await hasSecrets()))) {
      throw new AppError(
        'secret_unavailable',
        `${named} (${active.id}) is not the one that the secrets in this database are sealed with (${known}): copy secret.key from the machine where the hub runs, or restore it from your backup.`,
      );
    }
    if (mayCreate) await pg.query('update fleet set key_id = $1', [active.id]);
    return keys;
  }

  function keys(): Promise<KeyRing> {
    ring ??= loadKeys()
      .then(agree)
      .catch((error: unknown) => {
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
