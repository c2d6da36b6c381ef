'use client';
import { useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { show } from '#lib/format.ts';
import { Button } from '#ui/button.tsx';
import { Dialog } from '#ui/dialog.tsx';
import { logUsage } from './queries.ts';
import { UsageTable } from './UsageTable.tsx';

/** What lines take on disk, said in the head of the page. */
export function Usage() {
  const may = useMay('system:read');
  const usage = useQuery({ ...logUsage(browserApi), enabled: may });
  const [open, setOpen] = useState(false);
  if (!usage.data) return null;
  return (
    <>
      <Button look="ghost" onClick={() => setOpen(true)}>
        {show(usage.data.bytes, 'bytes')} on disk
      </Button>
      {open ? (
        <Dialog
          open
          onOpenChange={setOpen}
          title="Log lines on disk"
          description="How long lines are kept depends on their severity: retention.errorLogDays and its siblings in the configuration, or Loki’s own."
          wide="very"
        >
          <UsageTable usage={usage.data} />
        </Dialog>
      ) : null}
    </>
  );
}
