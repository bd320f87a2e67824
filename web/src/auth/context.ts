import { createContext } from 'react';
import type { Session } from './session';
import type { AuthState } from './state';

/** What a component sees of the sign-in. */
export interface Auth extends Omit<Session, 'state' | 'subscribe' | 'start'> {
  state: AuthState;
}

export const AuthContext = createContext<Auth | undefined>(undefined);
