import { afterEach, beforeEach, expect, vi } from 'vitest';

/** Fails the tests of a file that make React, or anything else, complain on the console. */
export function failOnComplaints(): void {
  const complaints = vi.fn();
  beforeEach(() => {
    vi.spyOn(console, 'error').mockImplementation(complaints);
    vi.spyOn(console, 'warn').mockImplementation(complaints);
  });
  afterEach(() => {
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockReset();
  });
}
