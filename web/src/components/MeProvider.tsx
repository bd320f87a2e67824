import { createContext, use, type ReactNode } from 'react';
import { showMe, type Me } from '../api/me';
import { useResource, type Resource } from '../api/useResource';

interface MeContextValue {
  resource: Resource<Me>;
  reload: () => void;
}

const MeContext = createContext<MeContextValue | undefined>(undefined);

/** Asks the API once who the caller is, for the frame and the pages alike. */
export function MeProvider({ children }: { children: ReactNode }) {
  return <MeContext value={useResource(showMe)}>{children}</MeContext>;
}

/** The caller as the API sees them. Throws outside MeProvider. */
export function useMe(): MeContextValue {
  const me = use(MeContext);
  if (me === undefined) throw new Error('useMe needs a MeProvider above it');
  return me;
}
