import { useMemo, useSyncExternalStore, type ReactNode } from 'react';
import { AuthContext } from './context';
import type { Session } from './session';

interface AuthProviderProps {
  session: Session;
  children: ReactNode;
}

/** Gives the components below it the session, and renders them again when its state changes. */
export function AuthProvider({ session, children }: AuthProviderProps) {
  const state = useSyncExternalStore(session.subscribe, session.state);
  const auth = useMemo(() => {
    const { settings, freshToken, retry, signIn, signOut } = session;
    return { state, settings, freshToken, retry, signIn, signOut };
  }, [session, state]);
  return <AuthContext value={auth}>{children}</AuthContext>;
}
