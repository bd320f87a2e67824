import { lazy } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { AuthProvider } from './auth/AuthProvider';
import type { Session } from './auth/session';
import { AuthGate } from './components/AuthGate';
import { Frame } from './components/Frame';
import { MeProvider } from './components/MeProvider';
import { PermissionsProvider } from './components/PermissionsProvider';

const Home = lazy(() => import('./pages/Home'));
const TryApi = lazy(() => import('./pages/TryApi'));
const Reports = lazy(() => import('./pages/Reports'));
const Department = lazy(() => import('./pages/Department'));
const NotFound = lazy(() => import('./pages/NotFound'));

/** The whole app around a session. */
export function App({ session }: { session: Session }) {
  return (
    <AuthProvider session={session}>
      <AuthGate>
        <BrowserRouter>
          <MeProvider>
            <PermissionsProvider>
              <Frame>
                <Routes>
                  <Route path="/" element={<Home />} />
                  <Route path="/try" element={<TryApi />} />
                  <Route path="/admin/reports" element={<Reports />} />
                  <Route path="/departments/:department" element={<Department />} />
                  <Route path="*" element={<NotFound />} />
                </Routes>
              </Frame>
            </PermissionsProvider>
          </MeProvider>
        </BrowserRouter>
      </AuthGate>
    </AuthProvider>
  );
}
