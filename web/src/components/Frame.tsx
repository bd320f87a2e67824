import { lazy, Suspense, useRef, type MouseEvent, type ReactNode } from 'react';
import { useLocation } from 'react-router';
import { words } from '../texts/frame';
import { Banners } from './Banners';
import { ErrorBoundary } from './ErrorBoundary';
import { PageSkeleton } from './PageSkeleton';
import { TopBar } from './TopBar';

const Toasts = lazy(() => import('./Toasts'));

/** What stands around every page. */
export function Frame({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);

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
      <Suspense><Toasts /></Suspense>
    </>
  );
}
