import { ActionIcon, Menu } from '@mantine/core';
import { Link } from 'react-router';
import { useMe } from '../api/me';
import { useAuth } from '../auth/useAuth';
import { words } from '../texts/frame';

/** Who is signed in, and the way out. */
export function UserMenu() {
  const { signOut } = useAuth();
  const { data: me } = useMe();
  return (
    <Menu withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon className="avatar" variant="default" aria-label={me === undefined ? words.account : words.accountOf(me.name)}>
          {me === undefined ? <Person /> : initials(me.fullName ?? me.name)}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {me !== undefined && <Menu.Label><strong>{me.fullName ?? me.name}</strong>{me.email}</Menu.Label>}
        <Menu.Item component={Link} to="/profile" data-autofocus>{words.profile}</Menu.Item>
        <Menu.Item component="a" href="/docs">{words.documents}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut()}>{words.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Somebody whose name is not known yet. */
function Person() {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
      <circle cx="12" cy="8" r="4" />
      <path d="M4 21a8 8 0 0 1 16 0" />
    </svg>
  );
}

/** The first letters of the first and the last name. */
function initials(name: string): string {
  const names = name.split(/\s+/).filter((part) => part !== '');
  const first = (part = '') => /./u.exec(part)?.[0].toLocaleUpperCase() ?? '';
  return first(names.at(0)) + (names.length > 1 ? first(names.at(-1)) : '');
}
