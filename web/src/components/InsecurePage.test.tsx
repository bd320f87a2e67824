import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { InsecurePage } from './InsecurePage';

it('says why, and names the ways out', () => {
  render(<InsecurePage publicURL="https://app.example.org" />);
  expect(screen.getByText(/Web Crypto/)).toBeTruthy();
  expect(screen.getByRole('link', { name: 'https://app.example.org' })).toBeTruthy();
  expect(screen.getByText('ssh -L 8000:localhost:8000 localhost')).toBeTruthy();
});
