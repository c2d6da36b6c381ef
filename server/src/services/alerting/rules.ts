import type { AlertSeverity } from '@sotp/contract/alerts.ts';
import type { AlertTerms } from '#domain/alert-state.ts';

/** What SOTP alerts about itself. */
export interface SystemRule extends AlertTerms {
  /** For people. */
  readonly rule: string;
  readonly severity: AlertSeverity;
  readonly remedy: string;
  readonly href: string | null;
}

const S = 1_000;
const MIN = 60 * S;

function rule(
  name: string,
  severity: AlertSeverity,
  [forMs, keepMs]: readonly [number, number],
  remedy: string,
  href: string | null,
): SystemRule {
  return { rule: name, severity, forMs, keepMs, remedy, href };
}

/** By code. `docs/operate/alerts.md` lists the same; a test holds the two together. */
export const SYSTEM_RULES = {
  no_collector: rule(
    'No collector runs',
    'critical',
    [30 * S, 10 * S],
    'Start one: “sotp start”, on this machine or on another with the same database.',
    '/fleet',
  ),
  collector_silent: rule(
    'Collector silent',
    'critical',
    [15 * S, 10 * S],
    'Start it again. Others poll its devices where they may. One that was stopped for good is forgotten after a day.',
    '/fleet',
  ),
  no_plan: rule(
    'Nobody plans polls',
    'critical',
    [30 * S, 30 * S],
    'The scheduler has stopped or cannot write: see whether the database takes writes, and start a hub.',
    '/fleet',
  ),
  site_unserved: rule(
    'Site without a collector',
    'critical',
    [1 * MIN, 30 * S],
    'Start a collector that is pinned to the site, or give the site back to all collectors.',
    '/fleet',
  ),
  late: rule(
    'Polls do not come in',
    'warning',
    [2 * MIN, 1 * MIN],
    'See whether the collectors have too much to do, and whether their spools are delivered.',
    '/blind-spots',
  ),
  spool_stalled: rule(
    'Collected, but not stored',
    'critical',
    [15 * S, 15 * S],
    'The store does not take what was collected: see whether the database answers and has room.',
    '/fleet',
  ),
  spool_full: rule(
    'Spool almost full',
    'warning',
    [10 * S, 1 * MIN],
    'Bring the store back, or give the data directory of the collector room: what is above the cap is lost.',
    '/fleet',
  ),
  spool_dropping: rule(
    'Spool full: data is lost',
    'critical',
    [0, 2 * MIN],
    'What was collected is dropped, the oldest samples and the newest lines. Bring the store back.',
    '/fleet',
  ),
  kernel_drops: rule(
    'The kernel drops packets',
    'warning',
    [0, 2 * MIN],
    'More comes in than the collector takes off the socket: raise net.core.rmem_max, start more collectors, or limit the senders.',
    '/fleet',
  ),
  local_plan: rule(
    'Collector without a hub',
    'warning',
    [1 * MIN, 30 * S],
    'It polls by the last plan it knows; devices added since are not watched. Start a hub.',
    '/fleet',
  ),
  credential_refused: rule(
    'Credentials no longer answer',
    'warning',
    [5 * MIN, 1 * MIN],
    'The devices answer, but not to their credentials: look whether a secret was changed there.',
    '/blind-spots',
  ),
  profile_fault: rule(
    'Device profiles with a fault',
    'warning',
    [1 * MIN, 30 * S],
    'A file with a fault is left out, and what it would read is not read. Mend it.',
    '/profiles',
  ),
  canary_loss: rule(
    'Canary: something is lost',
    'critical',
    [0, 1 * MIN],
    'Samples, lines or alerts of SOTP itself did not come through, so those of devices are probably lost as well: see the logs of the collector and of the store.',
    '/blind-spots',
  ),
  canary_latency: rule(
    'Canary: slow on the way',
    'warning',
    [30 * S, 1 * MIN],
    'What is collected comes into the store late: see spools, the database, and how busy the collectors are.',
    '/blind-spots',
  ),
  heartbeat_failing: rule(
    'Heartbeat does not arrive',
    'warning',
    [2 * MIN, 30 * S],
    'See whether the address in heartbeat.url answers from the machine of the hub.',
    '/blind-spots',
  ),
  log_matches: rule(
    'Counted log lines',
    'warning',
    [0, 1 * MIN],
    'Read the lines. The query and its limit are kept under “Counted queries” on the page Logs.',
    '/logs',
  ),
  channel_failing: rule(
    'Notifications do not get through',
    'warning',
    [0, 1 * MIN],
    'Look at the receiver and at the address of the channel. What waits is tried for a day.',
    '/alerts',
  ),
} as const satisfies Record<string, SystemRule>;

export type SystemCode = keyof typeof SYSTEM_RULES;
