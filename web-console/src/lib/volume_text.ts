import type { Volume } from "../api/volume";

/** A volume may have no name; its id then stands in. */
export function volumeName(volume: Volume): string {
  return volume.name || volume.id.slice(0, 8);
}

/** A whole number of GiB within what the API takes, or null. */
export const kVolumeGibMax = 16384;
export function parseGib(text: string): number | null {
  if (!/^\d{1,5}$/.test(text.trim())) return null;
  const size = Number(text.trim());
  return size >= 1 && size <= kVolumeGibMax ? size : null;
}
