import { Suspense, type ReactNode } from 'react';
import { useLocation } from 'react-router';
import { ErrorBoundary } from './ErrorBoundary';
import { Spinner } from './Spinner';
import { TopBar } from './TopBar';

/** What stands around every page. */
export function Frame({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  return (
    <>
      <a href="#main" className="skip-link">Skip to the content</a>
      <TopBar />
      <main id="main" tabIndex={-1}>
        <ErrorBoundary key={pathname}>
          <Suspense fallback={<Spinner label="Loading the page" />}>{children}</Suspense>
        </ErrorBoundary>
      </main>
    </>
  );
}
