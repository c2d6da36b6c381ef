'use client';
import { useState, type FormEvent } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { Credential, Rotation } from '@sotp/contract/credentials.ts';
import { useMay } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { plural } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { Confirm, Dialog, FormEnd } from '#ui/dialog.tsx';
import { Problem } from '#ui/state.tsx';
import { EMPTY_DRAFT, readDraft, type Problems } from './draft.ts';
import { SecretFields } from './SecretFields.tsx';

/** Where a new secret stands between "given to SOTP" and "the old one is gone". */
export function RotationCard({ credential }: { credential: Credential }) {
  const [entering, setEntering] = useState(false);
  const mayWrite = useMay('credentials:write');
  const { rotation } = credential;
  return (
    <section className="card max-w-3xl p-4">
      {rotation ? (
        <Running credential={credential} rotation={rotation} mayWrite={mayWrite} />
      ) : (
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="max-w-[60ch] text-[13px]">
            <span className="font-medium">One secret is in use.</span>{' '}
            <span className="text-muted">
              While a new one is rotated in, devices are asked with both, so they can be changed one by one.
            </span>
          </p>
          {mayWrite ? <Button onClick={() => setEntering(true)}>Rotate secret</Button> : null}
        </div>
      )}
      {entering ? <EnterSecret credential={credential} onClose={() => setEntering(false)} /> : null}
    </section>
  );
}

function Running({ credential, rotation, mayWrite }: RunningProps) {
  const client = useQueryClient();
  const [asking, setAsking] = useState<'finish' | 'cancel' | null>(null);
  const end = useMutation({
    mutationFn: (how: 'finish' | 'cancel') =>
      how === 'cancel'
        ? browserApi.credentials.cancelRotation(credential.id)
        : browserApi.credentials.finishRotation(credential.id, { force: missing > 0 }),
    onSuccess(_, how) {
      toast(how === 'finish' ? 'The old secret is gone' : 'The new secret is gone');
      void client.invalidateQueries({ queryKey: ['credentials'] });
      setAsking(null);
    },
  });
  const { devices, answered, since } = rotation;
  const missing = devices - answered;
  const percent = devices === 0 ? 100 : (answered / devices) * 100;
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-[13px]">
          <span className="font-medium">
            {answered} of {plural(devices, 'device')} answered to the new secret.
          </span>{' '}
          <span className="text-muted">
            Both are valid since <Age at={since} />.
          </span>
        </p>
        {mayWrite ? (
          <span className="flex gap-2">
            <Button onClick={() => setAsking('cancel')}>Give up</Button>
            <Button look={missing === 0 ? 'primary' : 'plain'} onClick={() => setAsking('finish')}>
              Drop the old secret
            </Button>
          </span>
        ) : null}
      </div>
      <span
        role="progressbar"
        aria-label="Devices that answered to the new secret"
        aria-valuemin={0}
        aria-valuemax={devices}
        aria-valuenow={answered}
        className="mt-3 block h-1.5 overflow-hidden rounded-full bg-sunken"
      >
        <span className="block h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
      </span>
      {asking ? (
        <Confirm
          open
          onOpenChange={() => {
            end.reset();
            setAsking(null);
          }}
          title={asking === 'finish' ? 'Drop the old secret?' : 'Drop the new secret?'}
          verb={asking === 'finish' ? 'Drop the old secret' : 'Drop the new secret'}
          busy={end.isPending}
          onConfirm={() => end.mutate(asking)}
        >
          <p>
            {asking === 'cancel'
              ? `${plural(answered, 'device')} answered to it and cannot be asked any more once it is gone.`
              : missing > 0
                ? `${plural(missing, 'device')} have not answered to the new one yet. They cannot be asked until they have it.`
                : 'Every device that uses it has answered to the new one.'}
          </p>
          <Problem error={end.error} className="mt-3" />
        </Confirm>
      ) : null}
    </>
  );
}
interface RunningProps {
  credential: Credential;
  rotation: Rotation;
  mayWrite: boolean;
}

function EnterSecret({ credential, onClose }: { credential: Credential; onClose(): void }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState({ ...EMPTY_DRAFT, kind: credential.kind });
  const [problems, setProblems] = useState<Problems>({});
  const rotate = useMutation({
    mutationFn: (secret: unknown) => browserApi.credentials.rotate(credential.id, { secret }),
    onSuccess() {
      void client.invalidateQueries({ queryKey: ['credentials'] });
      onClose();
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    const read = readDraft(draft);
    setProblems('problems' in read ? read.problems : {});
    if ('secret' in read) rotate.mutate(read.secret.secret);
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`New secret of ${credential.name}`}
      description="Valid beside the old one until you drop that. Stored encrypted and never shown again."
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-3">
        <SecretFields draft={draft} problems={problems} onChange={setDraft} />
        <FormEnd verb="Rotate secret" busy={rotate.isPending} error={rotate.error} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
