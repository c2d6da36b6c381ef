import type { Alert } from '@sotp/contract/alerts.ts';
import { StatusMark } from '#ui/status.tsx';

/** Shape and colour of a severity: those of the states that it is about as bad as. */
export function SeverityMark({ severity, over = false }: { severity: Alert['severity']; over?: boolean }) {
  if (over) return <StatusMark status="disabled" />;
  return <StatusMark status={severity === 'critical' ? 'down' : 'degraded'} />;
}
