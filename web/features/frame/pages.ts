import {
  Activity,
  Bell,
  BookOpen,
  Boxes,
  EyeOff,
  HardDrive,
  History,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  Router,
  ScrollText,
  Ticket,
  Users,
  type LucideIcon,
} from 'lucide-react';
import type { Permission } from '@sotp/contract/access.ts';

export interface PageLink {
  readonly href: string;
  readonly title: string;
  readonly icon: LucideIcon;
  readonly permission: Permission;
  /** Pressed after `g`. */
  readonly key: string;
  readonly admin: boolean;
}

/** Every page of the rail, the palette and the shortcuts. A page that is not built is not here. */
export const PAGES: readonly PageLink[] = [
  { href: '/', title: 'Overview', icon: LayoutDashboard, permission: 'devices:read', key: 'o', admin: false },
  { href: '/devices', title: 'Devices', icon: Router, permission: 'devices:read', key: 'd', admin: false },
  { href: '/alerts', title: 'Alerts', icon: Bell, permission: 'alerts:read', key: 'a', admin: false },
  { href: '/logs', title: 'Logs', icon: ScrollText, permission: 'logs:read', key: 'e', admin: false },
  { href: '/blind-spots', title: 'Blind spots', icon: EyeOff, permission: 'devices:read', key: 'b', admin: false },
  { href: '/credentials', title: 'Credentials', icon: KeyRound, permission: 'credentials:read', key: 'c', admin: true },
  { href: '/profiles', title: 'Profiles', icon: BookOpen, permission: 'system:read', key: 'p', admin: true },
  { href: '/fleet', title: 'Fleet', icon: Boxes, permission: 'system:write', key: 'f', admin: true },
  { href: '/tasks', title: 'Tasks', icon: ListChecks, permission: 'system:write', key: 'k', admin: true },
  { href: '/disk', title: 'Disk use', icon: HardDrive, permission: 'system:read', key: 's', admin: true },
  { href: '/users', title: 'Users', icon: Users, permission: 'users:read', key: 'u', admin: true },
  { href: '/tokens', title: 'API tokens', icon: Ticket, permission: 'tokens:write', key: 't', admin: true },
  { href: '/audit', title: 'Audit', icon: History, permission: 'audit:read', key: 'l', admin: true },
];

/** The mark of SOTP. */
export const Mark = Activity;
