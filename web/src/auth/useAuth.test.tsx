import { renderHook } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { useAuth } from './useAuth';

it('throws outside its provider', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(() => renderHook(() => useAuth())).toThrow('AuthProvider');
});
