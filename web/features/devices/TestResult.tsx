import type { DeviceTestResult } from '@sotp/contract/devices.ts';
import { StatusMark } from '#ui/status.tsx';

const TITLES: Record<string, string> = { icmp: 'Ping', snmp: 'SNMP' };

/** What answered, or why not, one line a try. */
export function TestResult({ result }: { result: DeviceTestResult }) {
  return (
    <div role="status" className="appear rounded-md border border-line bg-surface px-3 py-2 text-[13px]">
      <ul className="flex flex-col gap-1.5">
        {result.checks.map((check, i) => (
          <li key={i} className="grid grid-cols-[auto_44px_minmax(0,1fr)] items-baseline gap-x-2">
            <StatusMark status={check.ok ? 'up' : 'down'} className="translate-y-0.5" label />
            <span className="text-muted">{TITLES[check.collector] ?? check.collector}</span>
            <span className="break-words">{check.message}</span>
          </li>
        ))}
      </ul>
      {result.checks.length === 0 ? <p className="text-muted">Nothing was tried.</p> : null}
      {result.sysName || result.sysDescr ? (
        <p className="mt-2 border-t border-line pt-2">
          {result.sysName ? <span className="font-medium">{result.sysName}</span> : null}{' '}
          {result.sysDescr ? <span className="text-muted break-words">{result.sysDescr}</span> : null}
        </p>
      ) : null}
    </div>
  );
}
