import { Link } from 'react-router';
import type { Claims } from '../../api/claims';
import { usePermissions, type Permission } from '../../api/permissions';
import { words } from '../../texts/token';
import { Call } from '../Call';
import { CardSkeleton } from '../CardSkeleton';
import { Resource } from '../Resource';
import { namesRole } from './requires';
import { isObject, rolesIn } from './sentences';

interface Role {
  name: string;
  client?: string;
}

/** For each role in the token, the operations whose policy names it, in the API's words. Nothing here decides anything. */
export function RolesOpen({ claims }: { claims: Claims }) {
  const { query } = usePermissions();
  return (
    <section className="card wide" aria-label={words.roles}>
      <h2>{words.roles}</h2>
      <Resource of={query} loading={<CardSkeleton label={words.roles} />}>
        {(permissions) => <Roles of={rolesOf(claims)} permissions={permissions} />}
      </Resource>
    </section>
  );
}

function Roles({ of, permissions }: { of: Role[]; permissions: Permission[] }) {
  if (of.length === 0) return <p>{words.noRoles}</p>;
  const roles = of.map((role) => ({ role, opens: permissions.filter(({ requires }) => namesRole(requires, role.name, role.client)) }));
  const idle = roles.filter(({ opens }) => opens.length === 0).map(({ role }) => role);
  return (
    <>
      {roles.filter(({ opens }) => opens.length > 0).map(({ role, opens }) => (
        <div key={keyOf(role)} className="role">
          <h3>{named(role)}</h3>
          <ul>
            {opens.map(({ operation, method, path, summary, requires }) => (
              <li key={operation}>
                <p>{summary}</p>
                <p className="hint"><Link to={`/operations#${operation}`}><Call method={method} path={path} /></Link> {words.requires(requires)}</p>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {idle.length > 0 && (
        <div className="role">
          <p>{words.opensNothing}</p>
          <ul className="chips">{idle.map((role) => <li key={keyOf(role)}>{named(role)}</li>)}</ul>
        </div>
      )}
      <p className="hint">{words.beyond(<Link to="/operations">{words.api}</Link>)}</p>
    </>
  );
}

function named({ name, client }: Role) {
  return words.role(<code>{name}</code>, client);
}

function keyOf({ name, client = '' }: Role): string {
  return `${client} ${name}`;
}

function rolesOf({ realm_access, resource_access }: Claims): Role[] {
  const clients = isObject(resource_access) ? Object.entries(resource_access) : [];
  return [
    ...names(rolesIn(realm_access)).map((name) => ({ name })),
    ...clients.flatMap(([client, access]) => names(rolesIn(access)).map((name) => ({ name, client }))),
  ];
}

function names(roles: unknown): string[] {
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
}
