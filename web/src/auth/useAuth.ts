import { use } from 'react';
import { AuthContext, type Auth } from './context';

/** Who is signed in, and how to sign out. Throws outside AuthProvider, where the answer would be a guess. */
export function useAuth(): Auth {
  const auth = use(AuthContext);
  if (auth === undefined) throw new Error('useAuth needs an AuthProvider above it');
  return auth;
}
