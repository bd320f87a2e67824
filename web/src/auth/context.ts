import { createContext } from 'react';
import type { Settings } from '../environment';
import type { Session } from './session';
import type { AuthState } from './state';

/** What a component sees of the sign-in. */
export interface Auth extends Pick<
  Session,
  'accountURL' | 'changePassword' | 'freshToken' | 'renewedToken' | 'retry' | 'signIn' | 'signOut' | 'takeActionOutcome'
> {
  state: AuthState;
  settings: Settings;
}

export const AuthContext = createContext<Auth | undefined>(undefined);
