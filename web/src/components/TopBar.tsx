import { Link, NavLink } from 'react-router';
import { useAuth } from '../auth/useAuth';
import { Mark } from './Mark';
import { useMe } from './MeProvider';
import { usePermissions } from './PermissionsProvider';
import { RequirePermission } from './RequirePermission';

/** The bar at the top: where one can go, who is signed in, and the way out. */
export function TopBar() {
  const { signOut } = useAuth();
  const { resource } = useMe();
  const { where } = usePermissions();
  const [department] = where('showBrief', 'department');
  const me = resource.status === 'ready' ? resource.value : undefined;
  return (
    <header className="top-bar">
      <div>
        <Link to="/" className="brand"><Mark />Keystead</Link>
        <nav aria-label="Main">
          <NavLink to="/" end>Home</NavLink>
          <NavLink to="/try">Call the API</NavLink>
          <RequirePermission operation="showReport"><NavLink to="/admin/reports">Reports</NavLink></RequirePermission>
          {department !== undefined && <NavLink to={`/departments/${encodeURIComponent(department)}`}>My department</NavLink>}
        </nav>
        <span className="who" title={me?.email}>{me?.name}</span>
        <button type="button" className="button" onClick={() => void signOut()}>Sign out</button>
      </div>
    </header>
  );
}
