import type { Report, ReportedAlert, ReportedFilesystem } from '@sotp/contract/reports.ts';

const LONGEST_NAME = 60;

/** What devices call themselves may hold anything: nothing of it moves a cursor, turns the line or begins a new one. */
export function tame(text: string, longest = LONGEST_NAME): string {
  const plain = text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[\p{Cf}\p{Co}\p{Cs}]/gu, '')
    .trim();
  const characters = [...plain];
  return characters.length <= longest ? plain : `${characters.slice(0, longest - 1).join('')}…`;
}

const two = (number: number) => String(number).padStart(2, '0');

/** By the clock of this machine. */
export function minuteText(instant: string): string {
  const at = new Date(instant);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

export const periodText = ({ from, to }: Pick<Report, 'from' | 'to'>) => `${minuteText(from)} to ${minuteText(to)}`;

export const percentText = (percent: number) => `${percent.toFixed(3)} %`;

export function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.round(seconds)} s`;
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor((minutes % 1_440) / 60)];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

export const plural = (count: number, noun: string) =>
  `${count.toLocaleString('en')} ${count === 1 ? noun : `${noun}s`}`;

/** The devices that the figures are of, and those that they are not of. */
export function devicesText({ devices: { counted, disabled, tooNew } }: Report): string {
  const left = [
    ...(disabled > 0 ? [`${disabled.toLocaleString('en')} switched off`] : []),
    ...(tooNew > 0 ? [`${tooNew.toLocaleString('en')} just added`] : []),
  ];
  return `${plural(counted, 'device')}${left.length > 0 ? ` (left out: ${left.join(', ')})` : ''}`;
}

export function pollsText({ polls: { due, made, answered, missed } }: Report): string {
  const n = (count: number) => count.toLocaleString('en');
  return `${n(made)} made and stored, ${n(made - answered)} without an answer; ${n(missed)} of ${n(due)} due missed`;
}

/** What an alert is called: its rule, and what it is about. */
export const alertName = ({ rule, subject }: Pick<ReportedAlert, 'rule' | 'subject'>) =>
  subject === '' ? tame(rule) : `${tame(rule)}, ${tame(subject)}`;

/** Columns under each other; the first is text, the others are figures. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => [...(row[i] ?? '')].length))) ?? [];
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      const gap = ' '.repeat((widths[i] ?? 0) - [...cell].length);
      return i === 0 ? cell + gap : gap + cell;
    });
    return `  ${cells.join('  ').trimEnd()}`;
  });
}

/** The cells of those that were up the least: device, up, down, unknown, time down. */
export const worstRows = ({ worst }: Report): string[][] =>
  worst.map(({ name, address, upPercent, downPercent, unknownPercent, downHours }) => [
    name === address ? tame(name) : `${tame(name)} (${tame(address)})`,
    percentText(upPercent),
    percentText(downPercent),
    percentText(unknownPercent),
    durationText(downHours * 3_600),
  ]);

function worstText(report: Report): string[] {
  if (report.worst.length === 0) return ['No device was less than up all the time.'];
  return ['Up the least:', ...columns([['device', 'up', 'down', 'unknown', 'time down'], ...worstRows(report)])];
}

function alertsText({ alerts: { critical, warning, longest, frequent } }: Report): string[] {
  const lines = [`Alerts that fired: ${critical} critical, ${warning} warning.`];
  if (longest.length > 0) {
    const rows = longest.map((alert) => [
      alertName(alert),
      alert.severity,
      durationText(alert.seconds),
      alert.resolvedAt === null ? 'still fires' : `until ${minuteText(alert.resolvedAt)}`,
    ]);
    lines.push('Fired the longest:', ...columns(rows));
  }
  if (frequent.length > 0) {
    lines.push(
      'Fired most often:',
      ...columns(frequent.map((one) => [alertName(one), one.severity, plural(one.times, 'time')])),
    );
  }
  return lines;
}

export function octetsText(octets: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, octets < 1 ? 0 : Math.floor(Math.log10(octets) / 3));
  return `${(octets / 1_000 ** power).toPrecision(3)} ${units[power]}`;
}

/** Device and file system, how full it is of what, and when it is full. */
export function filesystemRow({ device, filesystem, usedPercent, sizeOctets, fullAt }: ReportedFilesystem): string[] {
  const full = fullAt === null ? 'no date' : minuteText(fullAt).slice(0, 10);
  return [`${tame(device)}, ${tame(filesystem)}`, `${usedPercent.toFixed(1)} %`, octetsText(sizeOctets), full];
}

function filesystemsText({ filesystems }: Report): string[] {
  if (filesystems.length === 0) return [];
  const rows = filesystems.map(filesystemRow);
  return ['Fullest file systems:', ...columns([['device', 'used', 'of', 'full on'], ...rows]), ''];
}

function blindText({ blindSpots }: Report): string[] {
  if (blindSpots.length === 0) return ['Everything that should be watched is watched now.'];
  return [
    'Not watched now, or less well than it seems:',
    ...blindSpots.flatMap(({ title, count, remedy }) => [
      `  ${tame(title, 200)}: ${count.toLocaleString('en')}`,
      `    ${tame(remedy, 500)}`,
    ]),
  ];
}

/** A report as plain text. */
export function reportText(report: Report): string {
  const { availability } = report;
  const time = availability
    ? `Up ${percentText(availability.upPercent)}, down ${percentText(availability.downPercent)}, unknown ${percentText(availability.unknownPercent)} of the time.`
    : 'Of no device there is anything to tell.';
  return [
    `SOTP, ${periodText(report)}`,
    '',
    `${devicesText(report)}.`,
    time,
    `Polls: ${pollsText(report)}.`,
    '',
    ...worstText(report),
    '',
    ...alertsText(report),
    '',
    ...filesystemsText(report),
    ...blindText(report),
    '',
  ].join('\n');
}
