import type { Report } from '@sotp/contract/reports.ts';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import { AppError } from '#platform/errors.ts';
import type { Outbox, UnfitChannel } from '#stores/alerts/alerts.ts';
import { reportHtml } from './html.ts';
import { periodText, reportText } from './text.ts';

export interface DeliveryDeps {
  readonly outbox: Pick<Outbox, 'addReport'>;
  readonly bus: Pick<Bus, 'publish'>;
}

const WHY: Readonly<Record<UnfitChannel['why'], string>> = {
  missing: 'there is no such notification channel: add it on the page Alerts, or correct report.channels',
  disabled:
    'this notification channel is switched off: switch it on on the page Alerts, or take it out of report.channels',
};

/** Hands a report to channels by name: to all of them, or to none, saying why. Whether it arrives is in the delivery log. */
export async function deliverReport(
  { outbox, bus }: DeliveryDeps,
  channels: readonly string[],
  report: Report,
  at: number,
): Promise<void> {
  const names = [...new Set(channels)];
  if (names.length === 0) return;
  const body = { report, text: reportText(report), html: reportHtml(report) };
  const unfit = await outbox.addReport(
    names,
    { code: 'report', rule: 'Report', subject: periodText(report), body },
    at,
  );
  if (unfit.length > 0) {
    const causes = unfit.map(({ name, why }) => `“${name}”: ${WHY[why]}`).join('; ');
    throw new AppError('config_invalid', `The report was sent to nobody. ${causes}.`);
  }
  bus.publish(BUS_TOPICS.outbox, {});
}
