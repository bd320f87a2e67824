import { cleanup } from '@testing-library/react';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { server } from './server';

// What Mantine asks of a browser and jsdom lacks.
window.matchMedia = (media) => Object.assign(new EventTarget(), { matches: false, media, onchange: null, addListener: () => undefined, removeListener: () => undefined });
window.ResizeObserver = class { observe() { /* nothing is laid out */ } unobserve() { /* nor here */ } disconnect() { /* nor here */ } };
Element.prototype.scrollIntoView = () => undefined;


beforeAll(() => { server.listen({ onUnhandledRequest: 'error' }); });
beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
  for (const state of ['s', 's1']) localStorage.setItem(`kc-callback-${state}`, '{}'); // keycloak-js's notes of logins that began here
  window.history.replaceState(null, '', '/');
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
});
afterAll(() => { server.close(); });
