import type { Report } from '@sotp/contract/reports.ts';
import {
  alertName,
  devicesText,
  durationText,
  filesystemRow,
  minuteText,
  percentText,
  periodText,
  plural,
  pollsText,
  tame,
  worstRows,
} from './text.ts';

/** HTML that is made already. */
class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return String(part).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Whatever stands in it is text, unless it was made by this. */
function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(escaped)));
}

/** The first column is text, the others are figures. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): Html {
  const side = (i: number) => (i === 0 ? 'left' : 'right');
  const cell = (text: string, i: number) =>
    html`<td style="text-align:${side(i)};padding:3px 12px 3px 0;border-top:1px solid #ddd">${text}</td>`;
  return html`<table style="border-collapse:collapse">
    <tr>
      ${head.map((text, i) => html`<th style="text-align:${side(i)};padding:3px 12px 3px 0">${text}</th>`)}
    </tr>
    ${rows.map(
      (row) =>
        html`<tr>
          ${row.map(cell)}
        </tr> `,
    )}
  </table> `;
}

function worstHtml(report: Report): Html {
  if (report.worst.length === 0) return html`<p>No device was less than up all the time.</p>`;
  return html`<h2>Up the least</h2>
    ${table(['Device', 'Up', 'Down', 'Unknown', 'Time down'], worstRows(report))}`;
}

function alertsHtml({ alerts: { critical, warning, longest, frequent } }: Report): Html {
  const long = longest.map((alert) => [
    alertName(alert),
    alert.severity,
    durationText(alert.seconds),
    alert.resolvedAt === null ? 'still fires' : minuteText(alert.resolvedAt),
  ]);
  const often = frequent.map((one) => [alertName(one), one.severity, plural(one.times, 'time')]);
  return html`<h2>Alerts</h2>
    <p>${critical} critical and ${warning} warning fired.</p>
    ${long.length > 0 ? table(['Fired the longest', 'Severity', 'For', 'Until'], long) : ''}
    ${often.length > 0 ? table(['Fired most often', 'Severity', 'How often'], often) : ''}`;
}

function filesystemsHtml({ filesystems }: Report): Html {
  if (filesystems.length === 0) return html``;
  return html`<h2>Fullest file systems</h2>
    ${table(['Device', 'Used', 'Of', 'Full on'], filesystems.map(filesystemRow))}`;
}

function blindHtml({ blindSpots }: Report): Html {
  if (blindSpots.length === 0) return html`<p>Everything that should be watched is watched now.</p>`;
  const spots = blindSpots.map(
    ({ title, count, remedy }) =>
      html`<li><b>${tame(title, 200)}: ${count.toLocaleString('en')}</b><br />${tame(remedy, 500)}</li> `,
  );
  return html`<h2>Not watched now, or less well than it seems</h2>
    <ul>
      ${spots}
    </ul>`;
}

/** A report as a page of its own, for a mail: it asks nobody for anything. */
export function reportHtml(report: Report): string {
  const { availability } = report;
  const time = availability
    ? html`<p>
        <b>Up ${percentText(availability.upPercent)}</b>, down ${percentText(availability.downPercent)}, unknown
        ${percentText(availability.unknownPercent)} of the time.
      </p>`
    : html`<p>Of no device there is anything to tell.</p>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>SOTP, ${periodText(report)}</title>
      </head>
      <body style="font:14px sans-serif;color:#222;max-width:60em">
        <h1>SOTP, ${periodText(report)}</h1>
        <p>${devicesText(report)}.</p>
        ${time}
        <p>Polls: ${pollsText(report)}.</p>
        ${worstHtml(report)} ${alertsHtml(report)} ${filesystemsHtml(report)} ${blindHtml(report)}
      </body>
    </html> `.text;
}
