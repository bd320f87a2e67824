import { expect, it } from 'vitest';
import { ago, countdown, greeting } from './clock';

it.each([[-1, '0:00'], [0, '0:00'], [9_400, '0:09'], [59_600, '1:00'], [252_000, '4:12'], [3_600_000, '60:00']])('counts %i ms as %s', (left, shown) => {
  expect(countdown(left)).toBe(shown);
});

it.each([[0, 'just now'], [59, 'just now'], [60, '1 m ago'], [3_599, '59 m ago'], [3_600, '1 h ago'], [86_399, '23 h ago']])('tells %i s as %s', (seconds, shown) => {
  expect(ago(new Date(0), seconds * 1000)).toBe(shown);
});

it('gives the date after a day', () => {
  expect(ago(new Date(2026, 0, 5), new Date(2026, 0, 6).getTime())).toContain('2026');
});

it.each([[3, 'Good evening'], [4, 'Good morning'], [12, 'Good afternoon'], [18, 'Good evening']])('greets at %i h with %s', (hour, words) => {
  expect(greeting(new Date(2026, 0, 5, hour))).toBe(words);
});
