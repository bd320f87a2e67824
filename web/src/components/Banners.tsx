import type { ReactNode } from 'react';
import { useAuth } from '../auth/useAuth';
import { words } from '../texts/frame';
import { span } from './clock';
import { useOnline } from './useOnline';

/** What everybody should know who looks at any page now. The region is always there, so that screen readers hear what comes into it. */
export function Banners() {
  const online = useOnline();
  const { settings, state } = useAuth();
  const skew = state.status === 'signedIn' ? state.clockSkew ?? 0 : 0;
  return (
    <div role="status" className="banners">
      {!online && <Banner>{words.offline}</Banner>}
      {online && state.status === 'signedIn' && state.stalled && <Banner>{words.tokenExpired}</Banner>}
      {skew !== 0 && <Banner>{words.clockSkew(span(Math.abs(skew) * 1000), skew > 0, settings.loginMode === 'session' ? words.server : words.keycloak)}</Banner>}
    </div>
  );
}

function Banner({ children }: { children: ReactNode }) {
  return <div className="banner"><p><span aria-hidden="true">! </span>{children}</p></div>;
}
