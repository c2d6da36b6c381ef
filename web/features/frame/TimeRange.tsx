'use client';
import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import { ChevronDown, RefreshCw } from 'lucide-react';
import { RANGE_NAMES, RANGES, type RangeName } from '#features/metrics/window.ts';
import { useTimeWindow } from '#features/metrics/useWindow.ts';
import { useHydrated } from '#lib/now.tsx';
import { Button } from '#ui/button.tsx';
import { cx } from '#ui/class.ts';
import { Menu, MenuChoice } from '#ui/menu.tsx';

const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const DAY = { day: 'numeric', month: 'short', ...CLOCK } as const;

/** Which time the charts of the page show, and a button that reads it anew. */
export function TimeRange() {
  const { window, choose, back } = useTimeWindow();
  const client = useQueryClient();
  const fetching = useIsFetching({ queryKey: ['metrics'] }) > 0;
  const hydrated = useHydrated();
  return (
    <div className="flex items-center gap-1">
      {window.kind === 'fixed' ? (
        <Button look="ghost" onClick={back} title="Double-click in a chart does the same">
          Back
        </Button>
      ) : null}
      <Menu
        trigger={
          <Button id="time-range" aria-label="Time range">
            <span className="figures">
              {window.kind === 'last' ? (
                <>
                  <span className="max-lg:hidden">{RANGES[window.range].title}</span>
                  <span className="lg:hidden">{window.range}</span>
                </>
              ) : (
                hydrated && between(window.from, window.to)
              )}
            </span>
            <ChevronDown className="size-3.5 text-muted" aria-hidden />
          </Button>
        }
      >
        <MenuChoice
          value={window.kind === 'last' ? window.range : 'fixed'}
          options={RANGE_NAMES.map((name) => [name as RangeName | 'fixed', RANGES[name].title] as const)}
          onChange={(name) => {
            if (name !== 'fixed') choose(name);
          }}
        />
      </Menu>
      <Button
        look="ghost"
        square
        aria-label="Refresh"
        title="Refresh"
        onClick={() => void client.invalidateQueries()}
        className="max-sm:hidden"
      >
        <RefreshCw className={cx('size-3.5', fetching && 'animate-spin motion-reduce:animate-none')} aria-hidden />
      </Button>
    </div>
  );
}

function between(from: number, to: number): string {
  const long = to - from > 20 * 3_600_000;
  const format = new Intl.DateTimeFormat('en-GB', long ? DAY : CLOCK);
  return `${format.format(from)} – ${format.format(to)}`;
}
