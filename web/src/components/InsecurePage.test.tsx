import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { settings } from '../test/fakeKeycloak';
import { InsecurePage } from './InsecurePage';

it('says why, and names the ways out', () => {
  render(<InsecurePage settings={{ ...settings, publicURL: 'https://app.example.org' }} />);
  expect(screen.getByText(/Web Crypto/)).toBeTruthy();
  expect(screen.getByRole('link', { name: 'https://app.example.org' })).toBeTruthy();
  expect(screen.getByText('ssh -L 8000:localhost:8000 localhost')).toBeTruthy();
});

it('says why a session of the app\'s server needs https, too', () => {
  render(<InsecurePage settings={{ ...settings, loginMode: 'session', publicURL: 'https://app.example.org' }} />);
  expect(screen.getByText(/a cookie, which browsers send over https only/)).toBeTruthy();
  expect(screen.queryByText(/Web Crypto/)).toBeNull();
});
