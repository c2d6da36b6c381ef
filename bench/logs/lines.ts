import type { NewLine } from '../../server/src/stores/logs/logs.ts';
import { decodeSyslog } from '../../server/src/protocols/syslog/decode.ts';

/** Numbers in [0, 1) that are the same at every run. */
export function createChance(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const HOSTS = Array.from({ length: 200 }, (_, i) => `sw-${String.fromCharCode(97 + (i % 26))}${i}`);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A line as devices and servers of a mixed network send it; about 120 bytes. */
export function makeLine(chance: () => number, at: number): string {
  const pick = (n: number) => Math.floor(chance() * n);
  const host = HOSTS[pick(HOSTS.length)]!;
  const date = new Date(at);
  const time = date.toISOString().slice(11, 19);
  const stamp = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${time}`;
  const address = `10.${pick(4)}.${pick(256)}.${pick(256)}`;
  const mac = Array.from({ length: 6 }, () => pick(256).toString(16).padStart(2, '0')).join(':');
  switch (pick(8)) {
    case 0:
      return `<189>${pick(1e6)}: ${host}: ${stamp}.${100 + pick(900)}: %LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet1/0/${pick(48)}, changed state to ${pick(2) ? 'up' : 'down'}`;
    case 1:
      return `<38>${stamp} ${host} sshd[${pick(60000)}]: Failed password for invalid user admin from ${address} port ${1024 + pick(60000)} ssh2`;
    case 2:
      return `<30>${stamp} ${host} dhcpd: DHCPACK on ${address} to ${mac} via eth${pick(4)}`;
    case 3:
      return `<134>1 ${date.toISOString()} ${host} filterlog ${pick(60000)} - [meta sequenceId="${pick(1e6)}"] block in on igb0: ${address}:${pick(65536)} > 192.0.2.${pick(256)}:443 tcp`;
    case 4:
      return `<28>${stamp} ${host} rpd[1502]: RPD_BGP_NEIGHBOR_STATE_CHANGED: BGP peer ${address} (External AS ${64512 + pick(1000)}) changed state from Established to Idle`;
    case 5:
      return `<86>${stamp} ${host} CRON[${pick(60000)}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)`;
    case 6:
      return `<189>${stamp} ${host} %%01SHELL/5/CMDRECORD(s)[${pick(1e6)}]:Recorded command information. (Task=VTY, Ip=${address}, User=admin, Command="display interface brief")`;
    default:
      return `<14>${stamp} ${host} app: request id=${Math.floor(chance() * 1e9).toString(36)} path=/api/items/${pick(5000)} status=200 took ${pick(900)} ms`;
  }
}

/** The line as it comes out of a listener. */
export function toNewLine(text: string, receivedAt: number, device: number): NewLine {
  const raw = Buffer.from(text);
  const { text: _text, ...content } = decodeSyslog(raw, { receivedAt, zoneMinutes: 0 });
  return {
    ...content,
    source: 'syslog',
    receivedAt,
    deviceId: device,
    sender: `10.255.0.${device % 250}`,
    raw,
    truncated: false,
  };
}
