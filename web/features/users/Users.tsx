'use client';
import { useMemo, useState, type FormEvent } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Plus } from 'lucide-react';
import { toast } from 'sonner';
import { BUILT_IN_ROLES, Password, RoleName, Username, type User, type UserPatch } from '@sotp/contract/access.ts';
import { useMay, useMe } from '#features/frame/Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { asApiError } from '#lib/client.ts';
import { plural } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { Dialog, FormEnd } from '#ui/dialog.tsx';
import { Field, Input } from '#ui/field.tsx';
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from '#ui/menu.tsx';
import { PageHead } from '#ui/page.tsx';
import { Remove } from '#ui/remove.tsx';
import { ErrorState, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { userList } from './queries.ts';
import { ROLE_WORDS, RoleField } from './RoleField.tsx';

/** Who may sign in, and as what. */
export function Users() {
  const { user: me } = useMe();
  const list = useQuery(userList(browserApi));
  const client = useQueryClient();
  const mayWrite = useMay('users:write');
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<User | null>(null);
  const change = useMutation({
    mutationFn: ({ id, patch }: { id: string; patch: UserPatch }) => browserApi.users.update(id, patch),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['users'] }),
    onError: (error) => toast.error(asApiError(error).message),
  });
  const { mutate } = change;
  const columns = useMemo(
    () =>
      userColumns(mayWrite ? { me: me.id, change: (id, patch) => mutate({ id, patch }), remove: setRemoving } : null),
    [mayWrite, me.id, mutate],
  );
  return (
    <>
      <PageHead
        title="Users"
        state={list.data ? plural(list.data.items.length, 'user') : null}
        actions={
          mayWrite ? (
            <Button look="primary" onClick={() => setAdding(true)} data-add>
              <Plus className="size-4" aria-hidden />
              Add user
            </Button>
          ) : null
        }
      />
      {list.error && !list.data ? (
        <ErrorState error={list.error} what="The users could not be read." onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <SkeletonRows rows={3} />
      ) : (
        <DataTable<User>
          label="Users"
          rows={list.data.items}
          columns={columns}
          rowKey={({ id }) => id}
          sorting={[{ id: 'username', desc: false }]}
          phone={(row) => (
            <>
              <span className="block truncate font-medium">{row.username}</span>
              <span className="block text-[12px] text-muted">
                {row.role}
                {row.disabled ? ', disabled' : ''}
              </span>
            </>
          )}
        />
      )}
      {adding ? <AddUser onClose={() => setAdding(false)} /> : null}
      {removing ? (
        <Remove
          id={removing.id}
          name={removing.username}
          kind="user"
          remove={browserApi.users.remove}
          lists={['users']}
          onClose={() => setRemoving(null)}
        >
          {removing.username} is signed out at once and cannot sign in again. What {removing.username} did stays in the
          audit.
        </Remove>
      ) : null}
    </>
  );
}

interface UserActions {
  me: string;
  change(id: string, patch: UserPatch): void;
  remove(user: User): void;
}

function userColumns(actions: UserActions | null): readonly Column<User>[] {
  return [
    {
      id: 'username',
      header: 'Name',
      sort: ({ username }) => username,
      cell: ({ id, username }) => (
        <>
          <span className="font-medium">{username}</span>
          {actions?.me === id ? <span className="text-muted"> you</span> : null}
        </>
      ),
    },
    { id: 'role', header: 'Role', width: '120px', sort: ({ role }) => role, cell: ({ role }) => role },
    {
      id: 'state',
      header: 'State',
      width: '120px',
      sort: ({ disabled }) => Number(disabled),
      cell: ({ disabled }) => (disabled ? <span className="text-disabled">disabled</span> : 'active'),
    },
    {
      id: 'login',
      header: 'Last sign-in',
      width: '140px',
      numeric: true,
      sort: ({ lastLoginAt }) => lastLoginAt,
      cell: ({ lastLoginAt }) => <Age at={lastLoginAt} />,
    },
    {
      id: 'created',
      header: 'Added',
      width: '120px',
      numeric: true,
      from: 'lg',
      sort: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => <Age at={createdAt} className="text-muted" />,
    },
    {
      id: 'more',
      header: 'Actions',
      quietHeader: true,
      width: '56px',
      cell: (user) => (actions && actions.me !== user.id ? <UserActionsMenu user={user} actions={actions} /> : null),
    },
  ];
}

function UserActionsMenu({ user, actions }: { user: User; actions: UserActions }) {
  return (
    <Menu
      trigger={
        <Button look="ghost" square className="h-7" aria-label={`Change ${user.username}`}>
          <Ellipsis className="size-4" aria-hidden />
        </Button>
      }
    >
      <MenuLabel>Role</MenuLabel>
      <MenuChoice
        value={user.role}
        options={BUILT_IN_ROLES.map((role) => [role, ROLE_WORDS[role]] as const)}
        onChange={(role) => actions.change(user.id, { role })}
      />
      <MenuLine />
      <MenuItem onSelect={() => actions.change(user.id, { disabled: !user.disabled })}>
        {user.disabled ? 'Let in again' : 'Shut out'}
      </MenuItem>
      <MenuItem danger onSelect={() => actions.remove(user)}>
        Remove
      </MenuItem>
    </Menu>
  );
}

function AddUser({ onClose }: { onClose(): void }) {
  const client = useQueryClient();
  const [problems, setProblems] = useState<{ username?: string; password?: string }>({});
  const add = useMutation({
    mutationFn: browserApi.users.create,
    onSuccess() {
      void client.invalidateQueries({ queryKey: ['users'] });
      onClose();
    },
  });
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const username = Username.safeParse(String(form.get('username') ?? '').trim());
    const password = Password.safeParse(form.get('password'));
    const role = RoleName.safeParse(form.get('role'));
    setProblems({
      username: username.success ? undefined : 'Letters, digits and . _ @ - only.',
      password: password.success ? undefined : 'At least 8 characters.',
    });
    if (username.success && password.success && role.success)
      add.mutate({ username: username.data, password: password.data, role: role.data });
  }
  return (
    <Dialog open onOpenChange={onClose} title="Add user">
      <form onSubmit={submit} noValidate className="flex flex-col gap-3">
        <Field label="User name" error={problems.username}>
          {(control) => (
            <Input {...control} name="username" autoFocus autoComplete="off" autoCapitalize="none" maxLength={64} />
          )}
        </Field>
        <Field label="Password" error={problems.password}>
          {(control) => (
            <Input {...control} name="password" type="password" autoComplete="new-password" maxLength={256} />
          )}
        </Field>
        <RoleField />
        <FormEnd verb="Add user" busy={add.isPending} error={add.error} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
