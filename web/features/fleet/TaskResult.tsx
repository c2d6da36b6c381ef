import { z } from 'zod';
import { ErrorCode } from '@sotp/contract/errors.ts';
import { count, show } from '#lib/format.ts';
import { Instant } from '#ui/age.tsx';
import { Facts } from '#ui/page.tsx';
import { UpDown } from '#ui/status.tsx';

/** What each kind of task leaves behind; the contract leaves results open. */
const PollResult = z.object({
  collectors: z.array(
    z.object({
      collector: z.string(),
      up: z.boolean(),
      durationMs: z.number(),
      error: z.object({ code: ErrorCode, message: z.string() }).nullable(),
    }),
  ),
});
const BackupResult = z.object({ file: z.string(), tables: z.number(), bytes: z.number(), removed: z.number() });
const ReportResult = z.object({
  file: z.string(),
  from: z.string(),
  to: z.string(),
  devices: z.number(),
  upPercent: z.number().nullable(),
  unknownPercent: z.number().nullable(),
  pollsMissed: z.number(),
  alerts: z.number(),
  sentTo: z.array(z.string()),
});

/** What a task gave: in words where its kind is known, as it is otherwise. */
export function TaskResult({ result }: { result: unknown }) {
  const poll = PollResult.safeParse(result);
  if (poll.success) return <PollRuns runs={poll.data.collectors} />;
  const backup = BackupResult.safeParse(result);
  if (backup.success) {
    const { file, tables, bytes, removed } = backup.data;
    return (
      <Facts
        className="mt-3 border-t border-line pt-3"
        items={[
          ['File', <code key="file">{file}</code>],
          ['Size', show(bytes, 'B')],
          ['Tables', count(tables)],
          ['Older ones removed', count(removed)],
        ]}
      />
    );
  }
  const report = ReportResult.safeParse(result);
  if (report.success) {
    const { file, from, to, devices, upPercent, unknownPercent, pollsMissed, alerts, sentTo } = report.data;
    return (
      <Facts
        className="mt-3 border-t border-line pt-3"
        items={[
          ['From', <Instant key="from" at={from} />],
          ['To', <Instant key="to" at={to} />],
          ['Devices', count(devices)],
          ['Up', upPercent === null ? null : `${upPercent} %`],
          ['Unknown', unknownPercent === null ? null : `${unknownPercent} %`],
          ['Polls missed', count(pollsMissed)],
          ['Alerts fired', count(alerts)],
          ['File', <code key="file">{file}</code>],
          ['Sent to', sentTo.length > 0 ? sentTo.join(', ') : 'nobody: report.channels names none'],
        ]}
      />
    );
  }
  return (
    <pre className="mt-3 max-h-72 overflow-auto rounded-md bg-sunken p-3 font-mono text-[12px] whitespace-pre-wrap">
      {JSON.stringify(result, null, 2)}
    </pre>
  );
}

function PollRuns({ runs }: { runs: z.infer<typeof PollResult>['collectors'] }) {
  return (
    <ul aria-label="Collectors" className="mt-3 divide-y divide-line border-t border-line text-[13px]">
      {runs.map(({ collector, up, durationMs, error }) => (
        <li key={collector} className="py-2">
          <div className="flex items-baseline gap-4">
            <span className="min-w-16 font-medium">{collector}</span>
            <UpDown up={up} word={up ? 'answered' : 'no answer'} />
            <span className="figures ml-auto text-muted">{show(durationMs, 'ms')}</span>
          </div>
          {error ? (
            <p className="mt-1 max-w-[75ch] text-muted">
              {error.message} <code className="text-[12px]">{error.code}</code>
            </p>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
