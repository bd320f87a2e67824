/** Whether the work was done in that time, in milliseconds; after it, the work may still go on. Throws what the work throws before. */
export async function within(time: number, work: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<boolean>((resolve) => { timer = setTimeout(() => { resolve(false); }, time); });
  return Promise.race([work.then(() => true), timeout]).finally(() => { clearTimeout(timer); });
}
