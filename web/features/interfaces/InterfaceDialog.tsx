'use client';
import type { Device } from '@sotp/contract/devices.ts';
import type { InterfaceFacts } from '@sotp/contract/inventory.ts';
import { show } from '#lib/format.ts';
import { Dialog } from '#ui/dialog.tsx';
import { Facts } from '#ui/page.tsx';
import { CopyText } from '#ui/small.tsx';
import { operWord } from './columns.tsx';
import { FaultChart, TrafficChart } from './TrafficChart.tsx';
import { interfaceName } from './traffic.ts';

export interface InterfaceDialogProps {
  device: Device;
  facts: InterfaceFacts;
  intervalSeconds: number;
  onClose(): void;
}

/** One interface: its traffic large, its faults, and what the device says of it. */
export function InterfaceDialog({ device, facts, intervalSeconds, onClose }: InterfaceDialogProps) {
  const name = interfaceName(facts);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={name}
      description={facts.ifAlias ?? facts.ifDescr ?? undefined}
      wide="very"
    >
      <div className="flex flex-col gap-3">
        <TrafficChart device={device.id} facts={facts} intervalSeconds={intervalSeconds} height={240} />
        <FaultChart device={device.id} facts={facts} intervalSeconds={intervalSeconds} height={120} />
        <Facts
          className="sm:grid-cols-[max-content_minmax(0,1fr)_max-content_minmax(0,1fr)] sm:[&>div:nth-child(n)]:col-span-2"
          items={[
            ['Status', operWord(facts).word],
            ['Speed', facts.speedBps ? show(facts.speedBps, 'bit/s') : null],
            ['Description', facts.ifDescr],
            ['MAC', facts.mac ? <CopyText key="mac" text={facts.mac} /> : null],
            ['MTU', facts.ifMtu === null ? null : `${facts.ifMtu} octets`],
            ['ifIndex', String(facts.ifIndex)],
          ]}
        />
      </div>
    </Dialog>
  );
}
