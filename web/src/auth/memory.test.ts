import { expect, it } from 'vitest';
import { forgetReturns, noteLeaving, recall, remember, returnsInCircles, takeLeaving } from './memory';

it('uses the note of leaving up', () => {
  expect(takeLeaving()).toBeUndefined();
  noteLeaving('none');
  expect(takeLeaving()).toBe('none');
  expect(takeLeaving()).toBeUndefined();
});

it('remembers what this tab knows, and nothing that others wrote', () => {
  expect(recall()).toBeUndefined();
  remember('nobody');
  expect(recall()).toBe('nobody');
  sessionStorage.setItem('keystead.tab', 'rubbish');
  expect(recall()).toBeUndefined();
});

it('takes the fourth return in a row for a circle', () => {
  expect([returnsInCircles(), returnsInCircles(), returnsInCircles(), returnsInCircles()]).toEqual([false, false, false, true]);
  forgetReturns();
  expect(returnsInCircles()).toBe(false);
});
