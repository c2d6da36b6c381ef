import type { FleetCollector, SpoolLoad } from '@sotp/contract/fleet.ts';
import { count, show } from '#lib/format.ts';
import { Notice } from '#ui/state.tsx';

/** From here on an operator should look, while nothing is lost yet. */
const NEARLY_FULL = 0.8;

const LOSS: Readonly<Record<SpoolLoad['holds'], string>> = {
  samples: 'The oldest samples are dropped.',
  lines: 'Senders by TCP wait; lines by UDP are dropped.',
  traps: 'New traps are dropped, and informs are not acknowledged.',
};

function shareOf({ bytes, maxBytes }: SpoolLoad): number {
  return maxBytes > 0 ? bytes / maxBytes : 0;
}

/** Spools that are filling up, or had no room: what is lost, how much, and what to do. */
export function SpoolNotices({ collectors }: { collectors: readonly FleetCollector[] }) {
  const notices = collectors.flatMap(({ id, name, load }) =>
    (load?.spools ?? [])
      .filter((spool) => spool.dropped > 0 || shareOf(spool) >= NEARLY_FULL)
      .map((spool) => ({ key: `${id} ${spool.holds}`, name, spool })),
  );
  if (notices.length === 0) return null;
  return (
    <div className="flex flex-col gap-2">
      {notices.map(({ key, name, spool }) => (
        <Notice key={key} bad={spool.droppedNow > 0}>
          <SpoolText name={name} spool={spool} />
        </Notice>
      ))}
    </div>
  );
}

function SpoolText({ name, spool }: { name: string; spool: SpoolLoad }) {
  const { holds, bytes, maxBytes, dropped, droppedNow } = spool;
  const isFull = shareOf(spool) >= NEARLY_FULL;
  return (
    <>
      <p>
        <span className="font-medium">{name}</span>: the spool of {holds} holds {show(bytes, 'B')} of{' '}
        {show(maxBytes, 'B')}
        {droppedNow > 0 ? <span className="text-down">, and there is no room for more. {LOSS[holds]}</span> : '.'}
      </p>
      <p className="text-muted">
        {dropped > 0 ? `${count(dropped)} ${holds} were dropped since the process started. ` : null}
        {isFull
          ? 'It empties by itself once the database takes what comes: look whether the database runs, and whether its disk has room.'
          : null}
      </p>
    </>
  );
}
