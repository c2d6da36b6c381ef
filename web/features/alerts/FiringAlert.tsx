'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { Alert } from '@sotp/contract/alerts.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { asApiError } from '#lib/client.ts';
import { Age } from '#ui/age.tsx';
import { Button, ButtonLink } from '#ui/button.tsx';
import { SeverityMark } from './Severity.tsx';

/** An alert that fires: what, since when, what to do, and who looks after it. */
export function FiringAlert({ alert }: { alert: Alert }) {
  const { id, rule, severity, summary, remedy, href, startedAt, acknowledgedAt, acknowledgedBy, note } = alert;
  const client = useQueryClient();
  const mayWrite = useMay('alerts:write');
  const acknowledge = useMutation({
    mutationFn: () => browserApi.alerts.acknowledge(id, {}),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['alerts'] }),
    onError: (error) => toast.error(asApiError(error).message),
  });
  return (
    <li className="card flex flex-wrap items-start justify-between gap-x-4 gap-y-3 px-4 py-3">
      <div className="min-w-0 max-w-[75ch]">
        <h2 className="flex flex-wrap items-center gap-x-2 text-[14px] font-semibold">
          <SeverityMark severity={severity} />
          {rule}
          <span className="font-normal text-muted">
            {severity}, for <Age at={startedAt} bare />
          </span>
        </h2>
        <p className="mt-1 break-words">{summary}</p>
        <p className="mt-1 text-[13px] text-muted">{remedy}</p>
        {acknowledgedAt ? (
          <p className="mt-1 text-[13px] text-muted">
            Acknowledged by {acknowledgedBy} <Age at={acknowledgedAt} />
            {note ? `: ${note}` : null}
          </p>
        ) : null}
      </div>
      <div className="flex gap-2">
        {href && href !== '/alerts' ? <ButtonLink href={href}>Show</ButtonLink> : null}
        {mayWrite && !acknowledgedAt ? (
          <Button look="primary" busy={acknowledge.isPending} onClick={() => acknowledge.mutate()}>
            Acknowledge
          </Button>
        ) : null}
      </div>
    </li>
  );
}
