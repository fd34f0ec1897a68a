import { ApiError } from "./errors";
import { call, segment } from "./http";

export interface CostInterval {
  meter: string;
  resource_id: string;
  begin: string;
  end: string | null;
  quantity: string;
  rate_per_hour: string;
  amount: string;
}

export interface Cost {
  resource_id: string;
  currency: string;
  amount: string;
  rate_per_hour: string;
  as_of: string;
  intervals: CostInterval[];
}

async function cost(path: string, signal?: AbortSignal): Promise<Cost> {
  return (await call<{ cost: Cost }>(`/metering/v1${path}/cost`, { signal })).cost;
}

export function serverCost(id: string, signal?: AbortSignal): Promise<Cost> {
  return cost(`/servers/${segment(id)}`, signal);
}

export function projectCost(id: string, signal?: AbortSignal): Promise<Cost> {
  return cost(`/projects/${segment(id)}`, signal);
}

export interface Price {
  meter: string;
  unit?: string;
  rate_per_hour: string;
}

export interface PriceList {
  currency: string;
  prices: Price[];
}

/** Null where this cloud publishes no price list. */
export async function priceList(signal?: AbortSignal): Promise<PriceList | null> {
  try {
    const list = await call<Partial<PriceList>>("/metering/v1/prices", { signal });
    if (!Array.isArray(list.prices) || typeof list.currency !== "string") return null;
    return { currency: list.currency, prices: list.prices };
  } catch (error) {
    if (error instanceof ApiError && error.kind !== "unreachable") return null;
    throw error;
  }
}
