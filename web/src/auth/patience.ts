/** Milliseconds for a page to go. The person may have stopped it, and nothing would say so. */
export const leaving = 15_000;

/** Whether the work was done in that time, in milliseconds; after it, the work may still go on. Throws what the work throws before. */
export async function within(time: number, work: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<boolean>((resolve) => { timer = setTimeout(() => { resolve(false); }, time); });
  return Promise.race([work.then(() => true), timeout]).finally(() => { clearTimeout(timer); });
}

/** Waits that long, in milliseconds. */
export function pause(time: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, time); });
}
