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
    const { settings, accountURL, changePassword, freshToken, heed, proof, renewedProof, retry, signIn, signOut, takeActionOutcome } = session;
    return { state, settings, accountURL, changePassword, heed, proof, renewedProof, retry, signIn, signOut, takeActionOutcome, ...(freshToken && { freshToken }) };
  }, [session, state]);
  return <AuthContext value={auth}>{children}</AuthContext>;
}
