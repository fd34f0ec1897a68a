export const kRetryMsMax = 30_000;

/** Time to the next poll: the usual interval, doubled for each failure in a row, capped. */
export function pollDelay(everyMs: number, failuresInRow: number): number {
  if (failuresInRow <= 0) return everyMs;
  return Math.min(kRetryMsMax, everyMs * 2 ** Math.min(failuresInRow, 10));
}
