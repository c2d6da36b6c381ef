'use client';
import type { CollectorState, Device } from '@sotp/contract/devices.ts';
import { duration, show } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { UpDown } from '#ui/status.tsx';

/** How the device is asked, what the last run said, and when. */
export function Collectors({ device }: { device: Device }) {
  return (
    <ul className="flex max-w-4xl flex-col gap-3">
      {device.collectors.map((collector) => (
        <li key={collector.name} className="card p-4">
          <Collector collector={collector} />
        </li>
      ))}
      {device.collectors.length === 0 ? <li className="text-muted">Nothing asks this device.</li> : null}
    </ul>
  );
}

function Collector({ collector }: { collector: CollectorState }) {
  const word = collector.up === null ? 'not run yet' : collector.up ? 'answers' : 'does not answer';
  const settings = Object.entries(collector.settings);
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <h2 className="flex items-baseline gap-3 text-[14px] font-semibold">
          {collector.name}
          <span className="text-[13px] font-normal">
            <UpDown up={collector.up} word={word} />
          </span>
        </h2>
        <p className="flex flex-wrap gap-x-4 text-[13px] text-muted">
          <span>every {duration(collector.intervalSeconds)}</span>
          <span>
            last run <Age at={collector.lastRunAt} staleAfterMs={collector.intervalSeconds * 2000} />
          </span>
          {collector.durationMs === null ? null : (
            <span className="figures">took {show(collector.durationMs, 'ms')}</span>
          )}
        </p>
      </div>
      {collector.error ? (
        <p className="mt-2 max-w-[75ch]">
          {collector.error.message} <span className="font-mono text-[12px] text-muted">{collector.error.code}</span>
        </p>
      ) : null}
      {settings.length > 0 ? (
        <p className="mt-2 flex flex-wrap gap-x-4 font-mono text-[12px] text-muted">
          {settings.map(([name, value]) => (
            <span key={name}>
              {name}={typeof value === 'object' ? JSON.stringify(value) : String(value)}
            </span>
          ))}
        </p>
      ) : null}
    </>
  );
}
