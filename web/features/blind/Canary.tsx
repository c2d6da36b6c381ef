import type { BlindSpots, CanaryLeg } from '@sotp/contract/blind-spots.ts';
import { count, show } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { Facts, Section } from '#ui/page.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';

const WHAT = { metric: 'samples', log: 'log lines' } as const;

const COLUMNS: readonly Column<CanaryLeg>[] = [
  { id: 'collector', header: 'Collector', cell: ({ collector }) => <span className="font-medium">{collector}</span> },
  { id: 'leg', header: 'Carries', width: '110px', cell: ({ leg }) => WHAT[leg] },
  {
    id: 'p50',
    header: 'Half within',
    width: '110px',
    numeric: true,
    cell: ({ p50Ms }) => <span className="figures">{show(p50Ms, 'ms')}</span>,
  },
  {
    id: 'p99',
    header: '99 % within',
    width: '110px',
    numeric: true,
    cell: ({ p99Ms }) => <span className="figures">{show(p99Ms, 'ms')}</span>,
  },
  {
    id: 'seen',
    header: 'Arrived',
    width: '100px',
    from: 'md',
    numeric: true,
    cell: ({ seen }) => <span className="figures">{count(seen)}</span>,
  },
  {
    id: 'lost',
    header: 'Lost',
    width: '80px',
    numeric: true,
    cell: ({ lost }) => <span className={lost > 0 ? 'figures font-semibold text-down' : 'figures'}>{count(lost)}</span>,
  },
  {
    id: 'last',
    header: 'Last',
    width: '100px',
    from: 'md',
    numeric: true,
    cell: ({ lastSeenAt }) => <Age at={lastSeenAt} staleAfterMs={10_000} />,
  },
];

/** Numbered samples and lines that go the whole way, and the heartbeat that goes out while they arrive. */
export function Canary({ found: { canary, heartbeat } }: { found: BlindSpots }) {
  return (
    <>
      {canary.length === 0 ? null : (
        <Section title="Canary" aside="numbered samples and lines, from the collector to what can be read">
          <DataTable<CanaryLeg>
            label="Canary"
            rows={canary}
            columns={COLUMNS}
            rowKey={({ collector, leg }) => `${collector} ${leg}`}
            phone={({ collector, leg, p99Ms, lost }) => (
              <>
                <span className="block truncate font-medium">
                  {collector}, {WHAT[leg]}
                </span>
                <span className="figures block text-[12px] text-muted">
                  99 % within {show(p99Ms, 'ms')}, lost {count(lost)}
                </span>
              </>
            )}
          />
        </Section>
      )}
      {heartbeat === null ? null : (
        <Section title="Heartbeat">
          <Facts
            items={[
              [
                'Goes to',
                <span key="url" className="font-mono text-[12px]">
                  {heartbeat.url}
                </span>,
              ],
              ['Every', `${heartbeat.everySeconds} s, while the canary arrives and the database answers`],
              ['Last arrived', <Age key="sent" at={heartbeat.lastSentAt} />],
              ['Problem', heartbeat.problem],
            ]}
          />
        </Section>
      )}
    </>
  );
}
