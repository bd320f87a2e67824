import { act, fireEvent, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { FakeKeycloak } from '../test/fakeKeycloak';
import { FakeServer } from '../test/fakeServer';
import { renderApp, renderAtServer } from '../test/renderApp';
import { ThemeProvider } from '../theme/ThemeProvider';
import { ErrorBoundary } from './ErrorBoundary';

describe('the frame', () => {
  failOnComplaints();
  const banner = () => screen.getAllByRole('status').map((region) => region.textContent).join('');

  afterEach(() => { vi.restoreAllMocks(); });

  it('says when the device is offline, and when it is back', async () => {
    await renderApp();
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    act(() => { window.dispatchEvent(new Event('offline')); });
    expect(banner()).toContain('This device is offline.');
    online.mockReturnValue(true);
    act(() => { window.dispatchEvent(new Event('online')); });
    expect(banner()).not.toContain('offline');
  });

  it.each([
    [600, 'This device’s clock is 10 m ahead of Keycloak’s.'],
    [-7200, 'This device’s clock is 2 h behind Keycloak’s.'],
  ])('says when the clocks disagree by %i s', async (timeSkew, words) => {
    await renderApp('/', Object.assign(new FakeKeycloak(), { timeSkew }));
    expect(banner()).toContain(words);
  });

  it('says when the clock disagrees with that of the app\'s own server', async () => {
    const app = new FakeServer();
    app.clockAhead = 600_000;
    await renderAtServer('/', app);
    expect(banner()).toContain('This device’s clock is 10 m behind that of this app’s server.');
  });

  it('skips to the content, without a trace in the address', async () => {
    const { user } = await renderApp();
    await screen.findByRole('heading', { level: 1 });
    await user.click(screen.getByRole('link', { name: 'Skip to the content' }));
    expect(document.activeElement).toBe(screen.getByRole('main'));
    expect(window.location.hash).toBe('');
  });
});

describe('the menu on a phone', () => {
  failOnComplaints();

  async function open() {
    const app = await renderApp();
    const button = screen.getByRole('button', { name: 'Menu' });
    expect(button.getAttribute('aria-expanded')).toBe('false');
    await app.user.click(button);
    expect(button.getAttribute('aria-expanded')).toBe('true');
    return { ...app, button, nav: screen.getByRole('navigation', { name: 'Main' }) };
  }

  it('closes by Escape, and gives the focus back', async () => {
    const { user, button } = await open();
    await user.tab();
    expect(document.activeElement).toBe(screen.getAllByRole('link', { name: 'Home' })[0]);
    await user.keyboard('{Escape}');
    expect(button.getAttribute('aria-expanded')).toBe('false');
    expect(document.activeElement).toBe(button);
  });

  it.each(['Home', 'Token'])('closes when %s is chosen', async (name) => {
    const { user, button, nav } = await open();
    const link = [...nav.querySelectorAll('a')].find(({ textContent }) => textContent === name);
    if (link) await user.click(link);
    expect(button.getAttribute('aria-expanded')).toBe('false');
  });

  it('closes when something outside is pressed, or gets the focus', async () => {
    const { user, button } = await open();
    fireEvent.pointerDown(document.body);
    expect(button.getAttribute('aria-expanded')).toBe('false');
    await user.click(button);
    act(() => { screen.getByRole('button', { name: 'Colours' }).focus(); });
    expect(button.getAttribute('aria-expanded')).toBe('false');
  });
});

describe('a page that cannot be shown', () => {
  function show(error: Error) {
    vi.spyOn(console, 'error').mockImplementation(() => undefined); // React tells what was thrown
    const Broken = () => { throw error; };
    render(<ThemeProvider><MemoryRouter><ErrorBoundary><Broken /></ErrorBoundary></MemoryRouter></ThemeProvider>);
  }

  it.each([
    'Failed to fetch dynamically imported module: http://localhost:8000/assets/Home-1.js',
    'error loading dynamically imported module: http://localhost:8000/assets/Home-1.js',
    'Importing a module script failed.',
    'Unable to preload CSS for /assets/Home-1.css',
  ])('did not load when the browser said: %s', (message) => {
    show(new TypeError(message));
    expect(screen.getByRole('heading', { level: 1, name: 'This page did not load' })).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Load again' })).toBeTruthy();
  });

  it('broke when something in it did', () => {
    show(new TypeError('undefined is not a function'));
    expect(screen.getByRole('heading', { level: 1, name: 'This page broke' })).toBeTruthy();
    expect(document.title).toBe('This page broke · Keystead');
  });
});
