import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Programs that tests speak to, the Debian package each comes in, and what is not tested without it. */
const PROGRAMS = [
  { program: 'snmpd', package: 'snmpd', without: 'our SNMP client against net-snmp' },
  { program: 'snmpwalk', package: 'snmp', without: 'our simulator against net-snmp' },
  { program: 'redis-server', package: 'redis-server', without: 'queue, cache and bus on Redis' },
  { program: 'prometheus', package: 'prometheus', without: 'that a Prometheus can scrape the export' },
  { program: 'snmptrap', package: 'snmp', without: 'our receiver of notifications against net-snmp' },
  // Debian's log daemons exclude each other: whichever this machine has stays.
  { program: 'syslog-ng', package: 'syslog-ng-core', unless: 'rsyslogd', without: 'syslog-ng as a sender of lines' },
  { program: 'rsyslogd', package: 'rsyslog', unless: 'syslog-ng', without: 'rsyslog as a sender of lines' },
  { program: 'chromium', package: 'chromium', without: 'the pages in a browser' },
];
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/local/sbin'];

function isThere({ program }) {
  return FOLDERS.some((folder) => existsSync(`${folder}/${program}`));
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

/** Installs what is missing when this is Debian and we are root. Answers what is missing still. */
export function installTestPrograms(progress) {
  let missing = PROGRAMS.filter((entry) => !isThere(entry));
  if (missing.length > 0 && process.getuid?.() === 0 && isDebian()) {
    progress.update(0);
    const wanted = missing.filter(({ unless }) => !unless || !isThere({ program: unless }));
    const names = wanted.map((entry) => entry.package).filter((name) => name !== 'rsyslog');
    if (apt('install', '--no-install-recommends', ...names).status !== 0) {
      progress.update(0.3);
      apt('update');
      progress.update(0.5);
      apt('install', '--no-install-recommends', ...names);
    }
    missing = PROGRAMS.filter((entry) => !isThere(entry));
  }
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
