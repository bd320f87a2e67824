const tolerated = 60;

/** How many seconds this clock is ahead of another one (behind: negative), where that is so far that times look wrong. */
export function noticeable(seconds: number): number | undefined {
  return Math.abs(seconds) >= tolerated ? seconds : undefined;
}
