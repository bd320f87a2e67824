import { describe, expect, it } from 'vitest';
import { pays } from './compress';

describe('a compressed copy', () => {
  it.each([
    ['of a small file', 1023, 100, false],
    ['that saves less than a tenth', 10_000, 9_001, false],
    ['that saves a tenth', 10_000, 9_000, true],
  ])('%s: %d to %d bytes pays: %s', (_, size, compressedSize, worth) => {
    expect(pays(size, compressedSize)).toBe(worth);
  });
});
