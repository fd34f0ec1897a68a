import type { PriceList } from "../api/metering";
import { parseDecimal, type Pico } from "./money";

export interface Priced {
  vcpus: number;
  ramMib: number;
  diskGib: number;
  volumeGib: number;
}

/** Meters by which a server's size may be priced, with the quantity each one counts. */
function quantities(size: Priced): Readonly<Record<string, bigint>> {
  return {
    server: 1n,
    vcpu: BigInt(size.vcpus),
    ram_mib: BigInt(size.ramMib),
    disk_gib: BigInt(size.diskGib),
    volume_gib: BigInt(size.volumeGib),
  };
}

const kThirtyDaysHours = 720n;

/** What the chosen size costs an hour by the price list; null when the list prices none of it. */
export function hourlyPrice(size: Priced, list: PriceList): Pico | null {
  const known = quantities(size);
  let total: Pico | null = null;
  for (const price of list.prices) {
    const quantity = known[price.meter];
    const rate = parseDecimal(price.rate_per_hour);
    if (quantity === undefined || rate === null) continue;
    total = (total ?? 0n) + rate * quantity;
  }
  return total;
}

export function thirtyDays(hourly: Pico): Pico {
  return hourly * kThirtyDaysHours;
}
