'use client';
import { useQuery } from '@tanstack/react-query';
import type { FileProblem, ProfileFolder } from '@sotp/contract/profiles.ts';
import { browserApi } from '#lib/api.ts';
import { Age } from '#ui/age.tsx';
import { PageHead, Section } from '#ui/page.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { profileReport } from './queries.ts';

const COLUMNS: readonly Column<FileProblem>[] = [
  {
    id: 'file',
    header: 'File',
    width: '320px',
    cell: ({ file, line }) => (
      <span className="font-mono text-[12px]" title={`${file}, line ${line}`}>
        {file}:{line}
      </span>
    ),
  },
  { id: 'message', header: 'What is wrong', cell: ({ message }) => <span title={message}>{message}</span> },
];

/** The device profiles that the operator has added to those that SOTP brings along. */
export function ProfilesPage() {
  const { data, error, refetch } = useQuery(profileReport(browserApi));
  return (
    <>
      <PageHead
        title="Profiles"
        state={
          data?.readAt ? (
            <>
              {data.shipped.toLocaleString('en')} files come with SOTP; folders read <Age at={data.readAt} />
            </>
          ) : null
        }
      />
      {error && !data ? (
        <ErrorState error={error} what="The profiles could not be read." onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonRows />
      ) : data.folders.length === 0 ? (
        <Empty>
          No folder of your own profiles is set. Name one in sotp.yaml (profiles: folders:); profiles of Datadog,
          Netdata and Kentik, and Prometheus snmp.yml files, are read as they are.
        </Empty>
      ) : (
        <div className="grid gap-8">
          {data.folders.map((folder) => (
            <FolderSection key={folder.path} folder={folder} />
          ))}
        </div>
      )}
    </>
  );
}

function FolderSection({ folder }: { folder: ProfileFolder }) {
  const { path, files, profiles, problems, notes } = folder;
  return (
    <Section
      title={<span className="font-mono">{path}</span>}
      aside={`${count(files, 'file')}, ${count(profiles, 'profile')} in force`}
    >
      {problems.length === 0 ? (
        <p className="text-[13px] text-muted">Every file is right.</p>
      ) : (
        <Problems label={`Problems in ${path}`} rows={problems} />
      )}
      {notes.length > 0 ? (
        <details className="mt-3">
          <summary className="cursor-pointer text-[13px] text-muted">
            {count(notes.length, 'part')} of other products’ files that SOTP reads past
          </summary>
          <div className="mt-2">
            <Problems label={`Notes on ${path}`} rows={notes} />
          </div>
        </details>
      ) : null}
    </Section>
  );
}

function Problems({ label, rows }: { label: string; rows: readonly FileProblem[] }) {
  return (
    <DataTable<FileProblem>
      label={label}
      rows={[...rows]}
      columns={COLUMNS}
      rowKey={({ file, line, message }) => `${file}:${line}:${message}`}
      phone={({ file, line, message }) => (
        <>
          <span className="block truncate font-mono text-[12px]">
            {file}:{line}
          </span>
          <span className="block text-[13px] text-muted">{message}</span>
        </>
      )}
      empty={<Empty>None.</Empty>}
    />
  );
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
