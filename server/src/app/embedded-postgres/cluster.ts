import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#platform/errors.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { DatabaseUser } from './os-user.ts';
import { launchAs } from './os-user.ts';

/** The database's user and the database itself have one name. */
export const NAME = 'sotp';

/** The password of the embedded database, in a file that only we may read. */
export function secretOf(dataDir: string, mayCreate: boolean): string {
  const path = join(dataDir, 'postgres.secret');
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  if (!mayCreate) {
    throw new AppError(
      'database_unavailable',
      `${path}, the password of the embedded database, is missing: bring it back from a backup`,
    );
  }
  const secret = randomBytes(24).toString('base64url');
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/** Creates the database cluster beside its final place and moves it there, so that an interrupted start leaves nothing half made. */
export function initialise(dataDir: string, binaries: PostgresBinaries, user: DatabaseUser | undefined): void {
  const fresh = join(dataDir, 'postgres.new');
  const passwordFile = join(dataDir, 'postgres.pwfile');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  try {
    writeFileSync(passwordFile, `${secretOf(dataDir, true)}\n`, { mode: 0o600 });
    if (user) for (const path of [fresh, passwordFile]) chownSync(path, user.uid, user.gid);
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = ['--auth=scram-sha-256', `--username=${NAME}`, `--pwfile=${passwordFile}`];
    const args = [`--pgdata=${fresh}`, ...locale, ...access, '--data-checksums'];
    const launch = launchAs(user, binaries.initdb, args, [fresh]);
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    const made = spawnSync(launch.command, launch.args, { ...launch.identity, cwd: '/', env, encoding: 'utf8' });
    if (made.status !== 0) {
      const output = `${made.stderr ?? ''}${made.error?.message ?? ''}`;
      if (/No space left/i.test(output))
        throw new AppError(
          'disk_full',
          `no space left for the database in ${dataDir}: free at least 200 MB or use --data-dir`,
        );
      const line = output.split('\n').find((text) => /error|fatal/i.test(text)) ?? output.trim().split('\n').at(-1);
      throw new AppError(
        'database_unavailable',
        `the database could not be created in ${dataDir}: ${line ?? 'initdb failed'}`,
      );
    }
    renameSync(fresh, join(dataDir, 'postgres'));
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(fresh, { recursive: true, force: true });
  }
}
