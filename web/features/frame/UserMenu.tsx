'use client';
import { useState } from 'react';
import dynamic from 'next/dynamic';
import { CircleUser, KeyRound, LogOut } from 'lucide-react';
import { useMe } from './Providers.tsx';
import { browserApi } from '#lib/api.ts';
import { chooseDensity, chooseTheme, DENSITIES, THEMES, type Density, type Theme } from '#lib/preferences.ts';
import { Button } from '#ui/button.tsx';
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from '#ui/menu.tsx';

const ChangePassword = dynamic(
  () => import('#features/access/ChangePassword.tsx').then((module) => module.ChangePassword),
  { ssr: false },
);

const THEME_WORDS: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' };
const DENSITY_WORDS: Record<Density, string> = { compact: 'Compact rows', comfortable: 'Comfortable rows' };

/** Who is signed in, the looks, and the way out. */
export function UserMenu({ theme, density }: { theme: Theme; density: Density }) {
  const { user } = useMe();
  const [chosenTheme, setTheme] = useState(theme);
  const [chosenDensity, setDensity] = useState(density);
  const [changing, setChanging] = useState(false);
  return (
    <>
      <Menu
        trigger={
          <Button look="ghost" aria-label={`Signed in as ${user.username}`} className="max-sm:w-10 max-sm:px-0">
            <CircleUser className="size-4" aria-hidden />
            <span className="max-w-32 truncate max-lg:hidden">{user.username}</span>
          </Button>
        }
      >
        <MenuLabel>
          {user.username}, {user.role}
        </MenuLabel>
        <MenuLine />
        <MenuChoice
          value={chosenTheme}
          options={THEMES.map((name) => [name, THEME_WORDS[name]] as const)}
          onChange={(name) => {
            setTheme(name);
            chooseTheme(name);
          }}
        />
        <MenuLine />
        <MenuChoice
          value={chosenDensity}
          options={DENSITIES.map((name) => [name, DENSITY_WORDS[name]] as const)}
          onChange={(name) => {
            setDensity(name);
            chooseDensity(name);
          }}
        />
        <MenuLine />
        <MenuItem onSelect={() => setChanging(true)}>
          <KeyRound className="size-3.5" aria-hidden />
          Change password
        </MenuItem>
        <MenuItem onSelect={() => void signOut()}>
          <LogOut className="size-3.5" aria-hidden />
          Sign out
        </MenuItem>
      </Menu>
      {changing ? <ChangePassword onClose={() => setChanging(false)} /> : null}
    </>
  );
}

async function signOut(): Promise<void> {
  await browserApi.auth.logout().catch(() => undefined);
  window.location.assign('/login');
}
