'use client';
import Link from 'next/link';
import { useQuery } from '@tanstack/react-query';
import { Bell, BellRing } from 'lucide-react';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { plural } from '#lib/format.ts';
import { cx } from '#ui/class.ts';
import { alertSummary } from './queries.ts';
import { useLiveAlerts } from './useLiveAlerts.ts';

/** How many alerts fire, in the top bar; leads to them. */
export function AlertBell() {
  const mayRead = useMay('alerts:read');
  useLiveAlerts();
  const { data } = useQuery({ ...alertSummary(browserApi), enabled: mayRead });
  if (!mayRead) return null;
  const firing = data ? data.critical + data.warning : 0;
  const tone = !data || firing === 0 ? 'text-muted' : data.critical > 0 ? 'text-down' : 'text-degraded';
  const words = !data ? 'Alerts' : firing === 0 ? 'Alerts: nothing fires' : `Alerts: ${plural(firing, 'alert')} firing`;
  const Mark = firing > 0 ? BellRing : Bell;
  return (
    <Link
      href="/alerts"
      prefetch={false}
      title={words}
      aria-label={words}
      className={cx(
        'inline-flex h-8 max-sm:h-10 min-w-8 max-sm:min-w-10 shrink-0 items-center justify-center gap-1 rounded-md px-1.5 text-[13px] hover:bg-hover',
        tone,
      )}
    >
      <Mark className="size-4" aria-hidden />
      {firing > 0 ? (
        <span className="figures font-semibold" aria-hidden>
          {firing}
        </span>
      ) : null}
    </Link>
  );
}
