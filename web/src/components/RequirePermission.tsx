import type { ReactNode } from 'react';
import { usePermissions } from '../api/permissions';

interface RequirePermissionProps {
  operation: string;
  fallback?: ReactNode;
  children: ReactNode;
}

/** Shows children to callers who may use the operation. Comfort only: the API decides. */
export function RequirePermission({ operation, fallback = null, children }: RequirePermissionProps) {
  const { may } = usePermissions();
  return may(operation) ? children : fallback;
}
