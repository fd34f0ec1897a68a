// Follows a list by asking only for what changed. Pure: what asks the API is handed in.

export interface Tracked {
  id: string;
  status: string;
  updated: string;
}

/** Puts changes over what is known; rows that say DELETED go away. Newest-made first is kept. */
export function mergeChanges<T extends Tracked>(known: readonly T[], changes: readonly T[]): T[] {
  const byId = new Map(known.map((row) => [row.id, row]));
  const fresh: T[] = [];
  for (const row of changes) {
    if (row.status === "DELETED" || row.status === "SOFT_DELETED") byId.delete(row.id);
    else if (byId.has(row.id)) byId.set(row.id, row);
    else fresh.push(row);
  }
  return [...fresh, ...byId.values()];
}

/**
 * The moment to ask from next: the newest `updated` seen, which is the cloud's own clock. A row
 * changed twice within that second is sent once more, for changes-since includes its own moment.
 */
export function newestUpdate(rows: readonly Tracked[], before: string | null): string | null {
  return rows.reduce<string | null>(
    (newest, row) => (newest === null || row.updated > newest ? row.updated : newest),
    before,
  );
}

export interface FeedSource<T> {
  all(signal: AbortSignal): Promise<T[]>;
  since(moment: string, signal: AbortSignal): Promise<T[]>;
}

/** How many times to ask for changes before the whole list is read again. */
export const kChangesPerFullRead = 15;

export class Feed<T extends Tracked> {
  private rows: T[] = [];
  private moment: string | null = null;
  private asked = 0;

  constructor(private readonly source: FeedSource<T>) {}

  /** One step: the whole list at first and every now and then, else the changes. */
  async next(signal: AbortSignal): Promise<T[]> {
    // What is outside the row (a floating IP) does not move `updated`: hence the whole list again.
    if (this.moment === null || this.asked >= kChangesPerFullRead) {
      this.rows = await this.source.all(signal);
      this.asked = 0;
      this.moment = newestUpdate(this.rows, this.moment);
    } else {
      const changes = await this.source.since(this.moment, signal);
      this.rows = mergeChanges(this.rows, changes);
      this.asked += 1;
      this.moment = newestUpdate(changes, this.moment);
    }
    return this.rows;
  }

  /** The next step reads the whole list. */
  restart(): void {
    this.moment = null;
  }
}
