import { createContext, use, useMemo, type ReactNode } from 'react';
import { showPermissions, type Permission } from '../api/permissions';
import { useResource, type Resource } from '../api/useResource';

interface Permissions {
  resource: Resource<Permission[]>;
  reload: () => void;
  /** Whether the caller may use an operation. No, as long as the API has not said yes. */
  may: (operation: string) => boolean;
  /** The values of a path's parameter that the caller may use an operation with; empty when none are named. */
  where: (operation: string, parameter: string) => readonly string[];
}

const PermissionsContext = createContext<Permissions | undefined>(undefined);

/** Asks the API once what the caller may do, for the frame and the pages alike. */
export function PermissionsProvider({ children }: { children: ReactNode }) {
  const { resource, reload } = useResource(showPermissions);
  const permissions = useMemo(() => {
    const known = resource.status === 'ready' ? resource.value : [];
    const granted = (operation: string) => known.filter((permission) => permission.allowed).find((permission) => permission.operation === operation);
    return {
      resource,
      reload,
      may: (operation: string) => granted(operation) !== undefined,
      where: (operation: string, parameter: string) => granted(operation)?.where[parameter] ?? [],
    };
  }, [resource, reload]);
  return <PermissionsContext value={permissions}>{children}</PermissionsContext>;
}

/** What the caller may do, in the API's own words. Throws outside PermissionsProvider. */
export function usePermissions(): Permissions {
  const permissions = use(PermissionsContext);
  if (permissions === undefined) throw new Error('usePermissions needs a PermissionsProvider above it');
  return permissions;
}
