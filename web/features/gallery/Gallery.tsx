'use client';
import { useMemo, useState } from 'react';
import { toast } from 'sonner';
import { DEVICE_STATUSES } from '@sotp/contract/devices.ts';
import type { Point } from '@sotp/contract/metrics.ts';
import { ApiError } from '#lib/client.ts';
import { Age } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { Chart } from '#ui/chart/chart.tsx';
import { Confirm } from '#ui/dialog.tsx';
import { Checkbox, Field, Input, Select, TextArea } from '#ui/field.tsx';
import { Facts, PageHead, Section } from '#ui/page.tsx';
import { Chip, CopyText, Kbd, Meter, Tag } from '#ui/small.tsx';
import { Sparkline } from '#ui/sparkline.tsx';
import { Empty, ErrorState, Notice, Problem, SkeletonRows } from '#ui/state.tsx';
import { Status, UpDown } from '#ui/status.tsx';

const START = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;
const REFUSAL = new ApiError(
  0,
  'no_answer',
  'No answer from 10.1.2.3 within 2 s (3 tries). The community may be wrong, or a firewall drops UDP 161: the two cannot be told apart.',
);

function wave(height: number, shift: number): Point[] {
  return Array.from({ length: 120 }, (_, i): Point => {
    const value = height * (1.2 + Math.sin(i / 9 + shift) + 0.2 * Math.sin(i * 1.7));
    return [START + i * MINUTE, i > 60 && i < 70 ? null : value];
  });
}

/** Every part of the interface once, for who builds pages. */
export function Gallery() {
  const [chip, setChip] = useState(true);
  const [confirm, setConfirm] = useState(false);
  const many = useMemo(
    () =>
      Array.from({ length: 8 }, (_, i) => ({
        key: String(i),
        label: `Series ${i + 1}`,
        points: wave(10 + i * 6, i),
        color: i + 1,
      })),
    [],
  );
  const traffic = useMemo(
    () => [
      { key: 'in', label: 'In', points: wave(4e8, 0), color: 1 },
      { key: 'out', label: 'Out', points: wave(2e8, 2), color: 2, mirrored: true },
    ],
    [],
  );
  const window = { from: START, to: START + 120 * MINUTE, onZoom: () => {}, onBack: () => {} };
  return (
    <div className="flex max-w-5xl flex-col gap-8">
      <PageHead title="Parts" state="every part of the interface, once" />
      <Section title="Status">
        <div className="flex flex-wrap gap-6">
          {DEVICE_STATUSES.map((status) => (
            <Status key={status} status={status} />
          ))}
          <UpDown up word="up" />
          <UpDown up={false} word="down" />
          <UpDown up={null} word="not run yet" />
        </div>
      </Section>
      <Section title="Buttons">
        <div className="flex flex-wrap gap-2">
          <Button look="primary">Add device</Button>
          <Button>Test</Button>
          <Button look="ghost">Cancel</Button>
          <Button look="danger" onClick={() => setConfirm(true)}>
            Remove
          </Button>
          <Button busy>Poll now</Button>
          <Button disabled>Save</Button>
          <Button onClick={() => toast('Polled')}>Say something</Button>
        </div>
      </Section>
      <Section title="Fields">
        <div className="grid gap-4 sm:grid-cols-3">
          <Field label="Address" hint="A host name or an IP address.">
            {(control) => <Input {...control} mono placeholder="192.0.2.10" />}
          </Field>
          <Field label="Port" error="1 to 65535.">
            {(control) => <Input {...control} defaultValue="99999" />}
          </Field>
          <Field label="Kind" optional>
            {(control) => (
              <Select {...control}>
                <option>SNMP v2c community</option>
              </Select>
            )}
          </Field>
          <Field label="Private key">{(control) => <TextArea {...control} rows={3} />}</Field>
          <label className="flex items-center gap-2">
            <Checkbox defaultChecked /> Selected
          </label>
        </div>
      </Section>
      <Section title="Small parts">
        <div className="flex flex-wrap items-center gap-4">
          <Chip on={chip} onClick={() => setChip(!chip)}>
            Down <span className="figures text-muted">3</span>
          </Chip>
          <Tag>core</Tag>
          <Kbd>Ctrl K</Kbd>
          <CopyText text="1.3.6.1.2.1.31.1.1.1.6.10101" length={20} />
          <Age at={new Date(START).toISOString()} staleAfterMs={1000} />
          <Meter percent={40} label="40 %" className="w-24" />
          <Meter percent={84} label="84 %" className="w-24" />
          <Meter percent={96} label="96 %" className="w-24" />
          <Sparkline points={wave(5, 0)} below={wave(3, 1)} from={window.from} to={window.to} />
        </div>
      </Section>
      <Section title="Charts">
        <div className="grid gap-3 lg:grid-cols-2">
          <Chart {...window} title="Traffic, mirrored" label="Traffic" series={traffic} unit="bit/s" />
          <Chart {...window} title="Eight series" label="Eight series" series={many} unit="%" />
          <Chart
            {...window}
            title="Nothing yet"
            label="Nothing"
            series={[]}
            unit="ms"
            empty="No rate yet: it takes two polls."
          />
        </div>
      </Section>
      <Section title="Facts">
        <Facts
          items={[
            ['Vendor', 'Example'],
            ['Serial', <CopyText key="s" text="FOC1234X0YZ" />],
          ]}
        />
      </Section>
      <Section title="States">
        <div className="grid gap-3 lg:grid-cols-2">
          <SkeletonRows rows={3} />
          <div className="card">
            <Empty action={<Button look="primary">Add the first device</Button>}>
              SOTP watches what you give it: an address is enough.
            </Empty>
          </div>
          <ErrorState error={REFUSAL} what="The device could not be read." onRetry={() => {}} />
          <Problem error={REFUSAL} />
          <Notice>The spool of samples holds 850 MiB of 1 GiB.</Notice>
          <Notice bad>The spool of samples is full. The oldest samples are dropped.</Notice>
        </div>
      </Section>
      <Confirm
        open={confirm}
        onOpenChange={setConfirm}
        title="Remove sw-core-1?"
        verb="Remove device"
        busy={false}
        onConfirm={() => setConfirm(false)}
      >
        <p>
          The configuration, the inventory and every stored value of this device are deleted. This cannot be undone.
        </p>
      </Confirm>
    </div>
  );
}
