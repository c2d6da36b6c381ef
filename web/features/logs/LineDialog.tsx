'use client';
import Link from 'next/link';
import { useQuery } from '@tanstack/react-query';
import { FACILITY_NAMES, type LogEntry } from '@sotp/contract/logs.ts';
import { deviceInventory } from '#features/devices/queries.ts';
import { browserApi } from '#lib/api.ts';
import { cx } from '#ui/class.ts';
import { Dialog } from '#ui/dialog.tsx';
import { Facts } from '#ui/page.tsx';
import { CopyText } from '#ui/small.tsx';
import { Problem } from '#ui/state.tsx';
import { Exclude, LineTime } from './columns.tsx';
import { mentionedInterface } from './mentioned.ts';
import { logContext, logDetail } from './queries.ts';
import { Severity } from './severity.tsx';

interface LineDialogProps {
  line: LogEntry;
  onClose(): void;
  onNarrow(name: string, value: string, exclude?: boolean): void;
}

const ERRORS: Readonly<Record<string, string>> = {
  no_pri: 'The line has no PRI, so its severity is a guess.',
  bad_pri: 'The line has a PRI that there is not.',
  bad_header: 'The header is not as RFC 5424 says.',
  bad_structured_data: 'The structured data is not as RFC 5424 says.',
  encoding: 'The line is not UTF-8, or holds NUL.',
};

const SOURCES: Readonly<Record<LogEntry['source'], string>> = {
  syslog: 'syslog',
  trap: 'SNMP notification',
  ssh: 'SSH',
  system: 'SOTP itself',
};

function readable(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return new TextDecoder().decode(bytes).replaceAll('\0', '␀');
}

/** A line with all that is known of it: its fields, its bytes, and the lines around it. */
export function LineDialog({ line, onClose, onNarrow }: LineDialogProps) {
  const stored = !line.id.startsWith('live-');
  const detail = useQuery({ ...logDetail(browserApi, line.id), enabled: stored });
  const context = useQuery({ ...logContext(browserApi, line.id), enabled: stored });
  const inventory = useQuery({
    ...deviceInventory(browserApi, line.deviceId ?? ''),
    enabled: line.deviceId !== null,
    refetchInterval: false,
  });
  const port = mentionedInterface(line.message, inventory.data?.interfaces ?? []);
  const fields = Object.entries(line.fields);
  const raw = detail.data ? readable(detail.data.raw) : null;
  return (
    <Dialog open onOpenChange={onClose} title={line.app ?? line.host ?? line.sender} wide="very">
      <p className="mb-4 max-h-40 overflow-auto rounded-md bg-sunken p-3 font-mono text-[12px] break-words whitespace-pre-wrap">
        {line.message}
      </p>
      <div className="grid gap-x-8 gap-y-4 md:grid-cols-2">
        <Facts
          items={[
            ['Severity', <Severity key="s" severity={line.severity} />],
            ['Received', <LineTime key="r" at={line.receivedAt} long />],
            ['Sender’s time', <LineTime key="a" at={line.at} long />],
            [
              'Device',
              line.deviceId ? (
                <Link key="d" href={`/devices/${line.deviceId}`} className="text-accent hover:underline">
                  {line.host ?? line.sender}
                </Link>
              ) : (
                'none that SOTP knows'
              ),
            ],
            [
              'Interface',
              port && line.deviceId ? (
                <Link
                  key="i"
                  href={`/devices/${line.deviceId}?tab=interfaces&if=${port.ifIndex}`}
                  className="text-accent hover:underline"
                >
                  {port.ifName ?? port.ifDescr}
                </Link>
              ) : null,
            ],
            ['Host', line.host ? <CopyText key="h" text={line.host} /> : null],
            ['Came by', SOURCES[line.source]],
            ['Sender', <CopyText key="f" text={line.sender} />],
            ['App', line.app],
            ['Process', line.procId],
            ['Message id', line.msgId],
            ['Facility', FACILITY_NAMES[line.facility]],
            ['Note', line.parseError ? (ERRORS[line.parseError] ?? line.parseError) : null],
            ['Length', line.truncated ? 'longer than 64 KiB; the end is missing' : null],
          ]}
        />
        {fields.length > 0 ? (
          <dl className="grid max-h-64 grid-cols-[max-content_minmax(0,1fr)] content-start gap-x-4 gap-y-1 overflow-auto font-mono text-[12px]">
            {fields.map(([name, value]) => (
              <div key={name} className="col-span-2 grid grid-cols-subgrid">
                <dt className="max-w-56 truncate text-muted" title={name}>
                  {name}
                </dt>
                <dd className="flex min-w-0 items-start gap-1">
                  <button
                    type="button"
                    className="text-left break-all hover:text-accent hover:underline"
                    title="Only lines with this value"
                    onClick={() => onNarrow(name, value)}
                  >
                    {value}
                  </button>
                  <Exclude text={value} field={name} narrow={onNarrow} />
                </dd>
              </div>
            ))}
          </dl>
        ) : null}
      </div>
      {raw !== null ? (
        <details className="mt-4">
          <summary className="cursor-pointer text-[13px] text-muted">
            {line.source === 'trap' ? 'The text that is searched' : 'The line as it came'}
          </summary>
          <pre className="mt-2 max-h-48 overflow-auto rounded-md bg-sunken p-3 font-mono text-[12px] break-all whitespace-pre-wrap">
            {raw}
          </pre>
        </details>
      ) : null}
      {context.data ? (
        <section className="mt-4">
          <h3 className="mb-1.5 text-[13px] font-semibold">Before and after, from the same sender</h3>
          <ol className="max-h-72 overflow-auto rounded-md border border-line font-mono text-[12px]">
            {[...context.data.before, context.data.line, ...context.data.after].map((one) => (
              <li
                key={one.id}
                aria-current={one.id === line.id || undefined}
                className={cx(
                  'flex gap-3 border-b border-line px-2 py-1 last:border-0',
                  one.id === line.id && 'bg-accent-soft',
                )}
              >
                <span className="shrink-0">
                  <LineTime at={one.receivedAt} />
                </span>
                <span className="min-w-0 break-words">{one.message}</span>
              </li>
            ))}
          </ol>
        </section>
      ) : null}
      {stored ? (
        <Problem error={detail.error ?? context.error} className="mt-4" />
      ) : (
        <p className="mt-4 text-[13px] text-muted">
          This line has just come in. End the live view to see its bytes and the lines around it.
        </p>
      )}
    </Dialog>
  );
}
