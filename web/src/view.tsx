import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { App, preloadPage } from './App';
import type { Session } from './auth/session';
import { ErrorBoundary } from './components/ErrorBoundary';
import { InsecurePage } from './components/InsecurePage';
import { SettingsFailure } from './components/SettingsFailure';
import type { Settings } from './environment';
import { allowScrollLock } from './theme/nonce';
import { ThemeProvider } from './theme/ThemeProvider';

/** Shows the app around a session, and begins to load the page that it will open at. */
export function showApp(session: Session, page: string): void {
  preloadPage(page);
  show(<App session={session} />);
}

/** Shows why nobody can sign in over plain http. */
export function showInsecurePage(settings: Settings): void {
  show(<InsecurePage settings={settings} />);
}

/** Shows that the app does not know where to sign in. */
export function showSettingsFailure(error: unknown): void {
  show(<SettingsFailure error={error} />);
}

function show(page: ReactNode): void {
  allowScrollLock();
  const root = document.getElementById('root');
  if (root) createRoot(root).render(<StrictMode><ThemeProvider><ErrorBoundary>{page}</ErrorBoundary></ThemeProvider></StrictMode>);
}
