import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { AppError } from '#platform/errors.ts';

/** As whom the database's programs run. PostgreSQL refuses to run as root; everyone else runs it as himself. */
export interface DatabaseUser {
  readonly uid: number;
  readonly gid: number;
}

/** A program with its arguments and the identity that spawn shall take on. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly identity: { uid?: number; gid?: number };
}

/** The account that SOTP makes when it runs as root on a machine without a `postgres` account. */
const ACCOUNT = 'sotp';

function lookUp(name: string): DatabaseUser | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** Who runs the database: undefined for "we ourselves". As root: the directory's owner, `postgres`, or our own account. */
export function databaseUser(directory: string): DatabaseUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(directory, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const known = lookUp('postgres') ?? lookUp(ACCOUNT);
  if (known) return known;
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', ACCOUNT]);
  const made = lookUp(ACCOUNT) ?? lookUp('nobody');
  if (made) return made;
  throw new AppError(
    'database_unavailable',
    `PostgreSQL does not run as root and the account "${ACCOUNT}" could not be made: run SOTP as an ordinary user`,
  );
}

const CAPABILITIES = [
  { name: 'dac_read_search', bit: 2n },
  { name: 'dac_override', bit: 1n },
];

function effectiveCapabilities(): bigint {
  try {
    const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return hex ? BigInt(`0x${hex}`) : 0n;
  } catch {
    return 0n;
  }
}

function reaches(user: DatabaseUser, paths: readonly string[]): boolean {
  const script = paths.map((_, index) => `test -x "$${index + 1}"`).join(' && ');
  return spawnSync('/bin/sh', ['-c', script, 'sh', ...paths], { ...user, cwd: '/' }).status === 0;
}

/**
 * How to run a program as the database user. A checkout in a home that nobody else may enter (`/root/sotp`) is reached
 * by giving the program the one capability that opens directories, where `setpriv` is there.
 */
export function launchAs(
  user: DatabaseUser | undefined,
  command: string,
  args: readonly string[],
  paths: readonly string[],
): Launch {
  if (!user) return { command, args, identity: {} };
  if (reaches(user, [command, ...paths])) return { command, args, identity: user };
  const capabilities = effectiveCapabilities();
  const grant = CAPABILITIES.find(({ bit }) => (capabilities & (1n << bit)) !== 0n);
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => statSync(path, { throwIfNoEntry: false }));
  if (!grant || !setpriv) {
    throw new AppError(
      'data_dir_unwritable',
      `the database account (uid ${user.uid}) may not enter ${paths.join(' or ')}: use --data-dir with a directory outside private homes, or run SOTP as an ordinary user`,
    );
  }
  // Without the secure bit, access(2) would take the capability away, and PostgreSQL asks it for its own programs.
  const switches = [
    '--securebits',
    '+no_setuid_fixup',
    '--reuid',
    String(user.uid),
    '--regid',
    String(user.gid),
    '--clear-groups',
  ];
  const caps = ['--inh-caps', `-all,+${grant.name}`, '--ambient-caps', `-all,+${grant.name}`];
  return { command: setpriv, args: [...switches, ...caps, '--', command, ...args], identity: {} };
}
