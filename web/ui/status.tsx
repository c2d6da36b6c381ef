import type { DeviceStatus } from '@sotp/contract/devices.ts';
import { cx } from './class.ts';

/** Shape and colour of each status: never colour alone. */
export const STATUS_LOOK: Record<DeviceStatus, { word: string; text: string; fill: string }> = {
  up: { word: 'Up', text: 'text-up', fill: 'bg-up' },
  degraded: { word: 'Degraded', text: 'text-degraded', fill: 'bg-degraded' },
  down: { word: 'Down', text: 'text-down', fill: 'bg-down' },
  unknown: { word: 'Unknown', text: 'text-unknown', fill: 'bg-unknown' },
  maintenance: { word: 'Maintenance', text: 'text-maintenance', fill: 'bg-maintenance' },
  disabled: { word: 'Disabled', text: 'text-disabled', fill: 'bg-disabled' },
};

function shape(status: DeviceStatus) {
  if (status === 'up') return <circle cx="6" cy="6" r="4.5" fill="currentColor" />;
  if (status === 'degraded') return <path d="M6 1.2 11.4 10.8H.6Z" fill="currentColor" />;
  if (status === 'down') return <rect x="1.5" y="1.5" width="9" height="9" rx="1" fill="currentColor" />;
  const ring = { cx: 6, cy: 6, r: 4.5, fill: 'none', stroke: 'currentColor', strokeWidth: 1.6 } as const;
  if (status === 'unknown') return <circle {...ring} strokeDasharray="2.2 1.33" />;
  if (status === 'disabled') return <circle {...ring} />;
  return (
    <>
      <circle {...ring} />
      <path d="M6 3.4V6l1.9 1.3" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
    </>
  );
}

/** The bare mark, for where the word stands beside it or in its label. */
export function StatusMark({
  status,
  label,
  className,
}: {
  status: DeviceStatus;
  label?: boolean;
  className?: string;
}) {
  const look = STATUS_LOOK[status];
  return (
    <svg
      viewBox="0 0 12 12"
      className={cx('size-3 shrink-0', look.text, className)}
      role={label ? 'img' : undefined}
      aria-label={label ? look.word : undefined}
      aria-hidden={label ? undefined : true}
    >
      {shape(status)}
    </svg>
  );
}

/** Mark and word; on hover the reason, where one is given. */
export function Status({
  status,
  title,
  className,
}: {
  status: DeviceStatus;
  title?: string | undefined;
  className?: string;
}) {
  const look = STATUS_LOOK[status];
  return (
    <span
      title={title}
      className={cx(
        'inline-flex items-center gap-1.5 align-bottom font-medium whitespace-nowrap',
        look.text,
        className,
      )}
    >
      <StatusMark status={status} />
      {look.word}
    </span>
  );
}

/** Up or down of an interface or a collector, in the same shapes. */
export function UpDown({ up, word }: { up: boolean | null; word: string }) {
  const status: DeviceStatus = up === null ? 'unknown' : up ? 'up' : 'down';
  return (
    <span className={cx('inline-flex items-center gap-1.5 align-bottom whitespace-nowrap', STATUS_LOOK[status].text)}>
      <StatusMark status={status} />
      {word}
    </span>
  );
}
