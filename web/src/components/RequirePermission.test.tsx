import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { ApiProvider } from '../api/ApiProvider';
import { AuthProvider } from '../auth/AuthProvider';
import { KeycloakSession } from '../auth/keycloakSession';
import { callbackHash, FakeKeycloak, settings } from '../test/fakeKeycloak';
import { adminMissing, permissions, server } from '../test/server';
import { RequirePermission } from './RequirePermission';

async function renderFor(operation: string) {
  window.history.replaceState(null, '', `/${callbackHash}`);
  const session = new KeycloakSession(settings, new FakeKeycloak());
  await session.start();
  render(
    <AuthProvider session={session}>
      <ApiProvider>
        <RequirePermission operation={operation} fallback="Ask an administrator">Open it</RequirePermission>
        <RequirePermission operation="showMe">Permissions are here</RequirePermission>
      </ApiProvider>
    </AuthProvider>,
  );
  expect(screen.getByText('Ask an administrator')).toBeTruthy(); // nothing is known yet
  await screen.findByText(/Permissions are here/);
}

it.each([
  ['showReport', 'is refused'],
  ['showNothing', 'does not exist'],
])('shows the fallback where %s %s', async (operation) => {
  server.use(permissions({ showReport: adminMissing }));
  await renderFor(operation);
  expect(screen.getByText(/Ask an administrator/)).toBeTruthy();
  expect(screen.queryByText(/Open it/)).toBeNull();
});

it('shows the children to whoever may', async () => {
  await renderFor('showReport');
  expect(screen.getByText(/Open it/)).toBeTruthy();
  expect(screen.queryByText(/Ask an administrator/)).toBeNull();
});
