'use client';
import { useState, type ReactNode } from 'react';
import dynamic from 'next/dynamic';
import { Plus } from 'lucide-react';
import { useMay } from '#features/frame/Providers.tsx';
import { Button } from '#ui/button.tsx';

const AddDevice = dynamic(() => import('./AddDevice.tsx').then((module) => module.AddDevice), { ssr: false });

/** Opens the dialog that adds a device; absent for who may not add any. */
export function AddDeviceButton({ look = 'primary', children }: { look?: 'primary' | 'plain'; children?: ReactNode }) {
  const [open, setOpen] = useState(false);
  if (!useMay('devices:write')) return null;
  return (
    <>
      <Button look={look} onClick={() => setOpen(true)} data-add>
        {children ?? (
          <>
            <Plus className="size-4" aria-hidden />
            Add device
          </>
        )}
      </Button>
      {open ? <AddDevice onClose={() => setOpen(false)} /> : null}
    </>
  );
}
