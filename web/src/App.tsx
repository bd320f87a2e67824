import { lazy } from 'react';
import { BrowserRouter, matchPath, Route, Routes } from 'react-router';
import { ApiProvider } from './api/ApiProvider';
import { DeletionsProvider } from './api/DeletionsProvider';
import { AuthProvider } from './auth/AuthProvider';
import type { Session } from './auth/session';
import { AuthGate } from './components/AuthGate';
import { Frame } from './components/Frame';

/** Which page lives where. Each loads when it is opened; the last takes what no other does. */
const routes = [
  { path: '/', load: () => import('./pages/Home') },
  { path: '/notes', load: () => import('./pages/Notes') },
  { path: '/notes/new', load: () => import('./pages/Note') },
  { path: '/notes/:id', load: () => import('./pages/Note') },
  { path: '/operations', load: () => import('./pages/Operations') },
  { path: '/token', load: () => import('./pages/Token') },
  { path: '/profile', load: () => import('./pages/Profile') },
  { path: '/departments/:department', load: () => import('./pages/Department') },
  { path: '/admin/reports', load: () => import('./pages/Reports') },
  { path: '*', load: () => import('./pages/NotFound') },
].map((route) => ({ ...route, Page: lazy(route.load) }));

/** Begins to load the page at an address of ours, so that it is there once the person is signed in. */
export function preloadPage(path: string): void {
  const { pathname } = new URL(path, window.location.origin);
  routes.find((route) => matchPath(route.path, pathname))?.load().catch(() => undefined); // when it is opened, a failure shows
}

/** The whole app around a session. */
export function App({ session }: { session: Session }) {
  return (
    <AuthProvider session={session}>
      <AuthGate>
        <BrowserRouter>
          <ApiProvider>
            <DeletionsProvider>
              <Frame>
                <Routes>
                  {routes.map(({ path, Page }) => <Route key={path} path={path} element={<Page />} />)}
                </Routes>
              </Frame>
            </DeletionsProvider>
          </ApiProvider>
        </BrowserRouter>
      </AuthGate>
    </AuthProvider>
  );
}
