import { Burger } from '@mantine/core';
import { Link, NavLink } from 'react-router';
import { usePermissions } from '../api/permissions';
import { words } from '../texts/frame';
import { Mark } from './Mark';
import { RequirePermission } from './RequirePermission';
import { ThemeMenu } from './ThemeMenu';
import { useMenuPanel } from './useMenuPanel';
import { UserMenu } from './UserMenu';

/** The bar at the top: where one can go, in which colours, and who is signed in. On a phone the places are behind a button. */
export function TopBar() {
  const { query, where } = usePermissions();
  const [department] = where('showBrief', 'department');
  const { open, button, panel, toggle, close } = useMenuPanel();
  return (
    <header className="top-bar">
      <div>
        <Link to="/" className="brand"><Mark />{words.app}</Link>
        <Burger ref={button} className="menu-button" opened={open} onClick={toggle} aria-label={words.menu} aria-expanded={open} aria-controls="navigation" size="sm" />
        <nav ref={panel} id="navigation" aria-label={words.navigation} data-open={open} onClick={close}>
          <NavLink to="/" end>{words.home}</NavLink>
          {query.isPending && <span className="to-come" aria-hidden="true">{words.notes}</span>}
          <RequirePermission operation="listNotes"><NavLink to="/notes">{words.notes}</NavLink></RequirePermission>
          <NavLink to="/operations">{words.operations}</NavLink>
          <NavLink to="/token">{words.token}</NavLink>
          {department !== undefined && <NavLink to={`/departments/${encodeURIComponent(department)}`}>{words.department}</NavLink>}
          <RequirePermission operation="showReport"><NavLink to="/admin/reports">{words.reports}</NavLink></RequirePermission>
        </nav>
        <ThemeMenu />
        <UserMenu />
      </div>
    </header>
  );
}
