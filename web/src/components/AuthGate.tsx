import type { ReactNode } from 'react';
import { useAuth } from '../auth/useAuth';
import { words } from '../texts/signIn';
import { SignedOut } from './SignedOut';
import { Starting } from './Starting';
import { StartFailure } from './StartFailure';

interface AuthGateProps {
  children: ReactNode;
}

/** Shows the app to those who are signed in, and to everybody else what is the matter. Comfort only: the API decides. */
export function AuthGate({ children }: AuthGateProps) {
  const { state } = useAuth();
  switch (state.status) {
    case 'starting': return <Starting label={words.oneMoment} />;
    case 'failed': return <StartFailure failure={state.failure} />;
    case 'signedOut': return <SignedOut reason={state.reason} />;
    case 'signedIn': return children;
  }
}
