import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node24.mjs';

/** Programs that tests speak to, the Debian package each comes in, and what is not tested without it. */
const PROGRAMS = [
  { program: 'snmpd', package: 'snmpd', without: 'our SNMP client against net-snmp' },
  { program: 'snmpwalk', package: 'snmp', without: 'our simulator against net-snmp' },
  { program: 'redis-server', package: 'redis-server', without: 'queue, cache and bus on Redis' },
  { program: 'prometheus', package: 'prometheus', without: 'that a Prometheus can scrape the export' },
  { program: 'snmptrap', package: 'snmp', without: 'our receiver of notifications against net-snmp' },
  // Debian's log daemons exclude each other: one is installed unless the other is there, rsyslog is unpacked beside it.
  { program: 'syslog-ng', package: 'syslog-ng-core', unless: 'rsyslogd', without: 'syslog-ng as a sender of lines' },
  { program: 'rsyslogd', package: 'rsyslog', beside: ['rsyslog-openssl'], without: 'rsyslog as a sender of lines' },
  { program: 'openssl', package: 'openssl', without: 'lines over TLS' },
  { program: 'chromium', package: 'chromium', without: 'the pages in a browser' },
];
/** Programs that are unpacked, and what of theirs can be installed. */
const UNPACKED = join(root, 'node_modules', '.cache', 'sotp-test-programs');
const LIBRARIES = ['libestr0', 'libfastjson4'];
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/local/sbin'];

function isThere({ program }) {
  return [...FOLDERS, join(UNPACKED, 'usr/sbin')].some((folder) => existsSync(join(folder, program)));
}

function isDebian() {
  return existsSync('/usr/bin/apt-get') && existsSync('/etc/debian_version');
}

function apt(...args) {
  return spawnSync('apt-get', ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=60', ...args], {
    encoding: 'utf8',
    timeout: 240_000,
    // No daemon is to be started on this machine: tests start their own, on free ports.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });
}

/** Unpacks a program beside the system; what it needs to run is installed. */
function unpack(entry) {
  mkdirSync(UNPACKED, { recursive: true });
  apt('install', '--no-install-recommends', ...LIBRARIES);
  const options = { cwd: UNPACKED, encoding: 'utf8', timeout: 120_000 };
  const download = () =>
    spawnSync('apt-get', ['-qq', 'download', entry.package, ...entry.beside], options).status === 0;
  if (!download() && apt('update').status === 0) download();
  for (const file of readdirSync(UNPACKED).filter((name) => name.endsWith('.deb'))) {
    spawnSync('dpkg', ['-x', file, '.'], options);
    rmSync(join(UNPACKED, file));
  }
}

/** Installs what is missing when this is Debian and we are root. Answers what is missing still. */
export function installTestPrograms(progress) {
  let missing = PROGRAMS.filter((entry) => !isThere(entry));
  if (missing.length > 0 && process.getuid?.() === 0 && isDebian()) {
    progress.update(0);
    const onSystem = (program) => FOLDERS.some((folder) => existsSync(join(folder, program)));
    const installable = ({ beside, unless }) => !beside && !(unless && onSystem(unless));
    const names = missing.filter(installable).map((entry) => entry.package);
    if (names.length > 0 && apt('install', '--no-install-recommends', ...names).status !== 0) {
      progress.update(0.3);
      apt('update');
      progress.update(0.5);
      apt('install', '--no-install-recommends', ...names);
    }
    for (const entry of missing) if (entry.beside) unpack(entry);
    missing = PROGRAMS.filter((entry) => !isThere(entry));
  }
  if (existsSync(UNPACKED)) process.env.SOTP_TEST_PROGRAMS ??= UNPACKED;
  progress.done(missing.length === 0 ? 'all there' : `missing ${missing.map((entry) => entry.package).join(', ')}`);
  const install = isDebian() ? 'sudo apt-get install' : 'your package manager: install';
  for (const entry of missing)
    console.log(`  not tested without ${entry.package}: ${entry.without} (${install} ${entry.package})`);
  return missing;
}

/** The name of this system, for the head of a test run. */
export function systemName() {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
}
