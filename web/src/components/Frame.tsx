import { lazy, Suspense, useLayoutEffect, useRef, useState, type MouseEvent, type ReactNode } from 'react';
import { useLocation } from 'react-router';
import { words } from '../texts/frame';
import { Banners } from './Banners';
import { ErrorBoundary } from './ErrorBoundary';
import { PageSkeleton } from './PageSkeleton';
import { toastEvent } from './toast';
import { TopBar } from './TopBar';

// After an update of the app they may be gone: what they would have said in passing is no reason to take the page away.
const Toasts = lazy(() => import('./Toasts').catch(() => ({ default: () => null })));

/** What stands around every page. */
export function Frame({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const [toasting, setToasting] = useState(false);
  useLayoutEffect(() => { // before the effects of the page, which may have something to say at once
    const begin = () => { setToasting(true); };
    window.addEventListener(toastEvent, begin);
    return () => { window.removeEventListener(toastEvent, begin); };
  }, []);

  // Without the link's own way, which would leave its hash in the address and one more step to go back over.
  function skip(event: MouseEvent) {
    event.preventDefault();
    main.current?.focus();
  }

  return (
    <>
      <a href="#main" className="skip-link" onClick={skip}>{words.skip}</a>
      <TopBar />
      <Banners />
      <main ref={main} id="main" tabIndex={-1}>
        <ErrorBoundary key={pathname}>
          <Suspense fallback={<PageSkeleton />}>{children}</Suspense>
        </ErrorBoundary>
      </main>
      {toasting && <Suspense><Toasts /></Suspense>}
    </>
  );
}
