import { expect, it, vi } from 'vitest';
import { onWake } from './wake';

it('notices that the page may have slept, until it is told to stop', () => {
  const wake = vi.fn();
  const stop = onWake(wake);
  const events = () => {
    for (const event of ['focus', 'online', 'pageshow']) window.dispatchEvent(new Event(event));
    document.dispatchEvent(new Event('visibilitychange'));
  };
  events();
  expect(wake).toHaveBeenCalledTimes(4);
  stop();
  events();
  expect(wake).toHaveBeenCalledTimes(4);
});

it('leaves a page that goes out of sight alone', () => {
  const wake = vi.fn();
  const stop = onWake(wake);
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  expect(wake).not.toHaveBeenCalled();
  stop();
});
