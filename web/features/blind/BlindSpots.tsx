'use client';
import Link from 'next/link';
import { useQuery } from '@tanstack/react-query';
import type { BlindSpot, BlindSpots as Found } from '@sotp/contract/blind-spots.ts';
import { CanaryPanel } from '#features/canary/CanaryPanel.tsx';
import { browserApi } from '#lib/api.ts';
import { count, plural } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { ButtonLink } from '#ui/button.tsx';
import { PageHead } from '#ui/page.tsx';
import { ErrorState, SkeletonRows } from '#ui/state.tsx';
import { StatusMark } from '#ui/status.tsx';
import { blindSpots } from './queries.ts';

const LOOK = {
  blind: { status: 'unknown', word: 'nobody knows' },
  weak: { status: 'degraded', word: 'part may be missing' },
  chosen: { status: 'maintenance', word: 'on purpose' },
} as const;

function stateOf({ spots }: Found): string {
  const blind = spots.filter(({ kind }) => kind !== 'chosen');
  if (blind.length === 0) return 'Everything that should be watched is watched';
  return `${plural(blind.length, 'reason')} why something is not seen`;
}

/** What is not being watched, by reason, with what to do about it. */
export function BlindSpots() {
  const found = useQuery(blindSpots(browserApi));
  const { data } = found;
  return (
    <>
      <PageHead title="Blind spots" state={data ? stateOf(data) : null} />
      {found.error && !data ? (
        <ErrorState
          error={found.error}
          what="What is not watched could not be found out."
          onRetry={() => void found.refetch()}
        />
      ) : !data ? (
        <SkeletonRows rows={4} />
      ) : (
        <div className="flex flex-col gap-6">
          {data.spots.length === 0 ? (
            <p className="card flex flex-wrap items-center gap-2 px-4 py-6 text-muted">
              <StatusMark status="up" />
              <span>
                No blind spot: every device is polled and every collector delivers. Checked <Age at={data.checkedAt} />.
              </span>
            </p>
          ) : (
            <>
              <ul className="flex flex-col gap-3">
                {data.spots.map((spot) => (
                  <Spot key={spot.reason} spot={spot} />
                ))}
              </ul>
              <p className="text-[13px] text-muted">
                Checked <Age at={data.checkedAt} />
              </p>
            </>
          )}
          <CanaryPanel />
        </div>
      )}
    </>
  );
}

function Spot({ spot }: { spot: BlindSpot }) {
  const { status, word } = LOOK[spot.kind];
  const more = spot.count - spot.items.length;
  return (
    <li className="card overflow-clip">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3">
        <div className="min-w-0 max-w-[75ch]">
          <h2 className="flex flex-wrap items-center gap-x-2 text-[14px] font-semibold">
            <StatusMark status={status} />
            {spot.title}
            <span className="figures font-normal text-muted">
              {count(spot.count)}, {word}
            </span>
          </h2>
          <p className="mt-1 text-[13px] text-muted">{spot.remedy}</p>
        </div>
        {spot.href ? <ButtonLink href={spot.href}>Show</ButtonLink> : null}
      </div>
      <ul className="border-t border-line">
        {spot.items.map(({ name, href, detail }) => (
          <li key={`${name} ${href} ${detail}`} className="border-b border-line last:border-0">
            <Item name={name} href={href} detail={detail} />
          </li>
        ))}
        {more > 0 ? <li className="px-4 py-1.5 text-[13px] text-muted">and {count(more)} more</li> : null}
      </ul>
    </li>
  );
}

function Item({ name, href, detail }: BlindSpot['items'][number]) {
  const row =
    'grid min-h-(--row) grid-cols-1 items-baseline gap-x-3 px-4 py-1.5 text-table md:grid-cols-[minmax(0,260px)_minmax(0,1fr)]';
  const inside = (
    <>
      <span className="truncate font-medium" title={name}>
        {name}
      </span>
      <span className="min-w-0 break-words text-muted">{detail}</span>
    </>
  );
  if (href === null) return <div className={row}>{inside}</div>;
  return (
    <Link href={href} prefetch={false} className={`${row} hover:bg-hover`}>
      {inside}
    </Link>
  );
}
