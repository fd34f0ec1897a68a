import { call, segment } from "./http";

export interface Image {
  id: string;
  name: string | null;
  status: string;
  visibility: string;
  size: number | null;
  disk_format: string | null;
  min_disk: number;
  min_ram: number;
  created_at: string;
  owner?: string | null;
}

export async function listImages(signal?: AbortSignal): Promise<Image[]> {
  const images: Image[] = [];
  let path: string | undefined = "/image/v2/images?limit=200";
  while (path) {
    const page: { images: Image[]; next?: string } = await call(path, { signal });
    images.push(...page.images);
    path = page.next ? `/image${page.next.replace(/^.*?(?=\/v2\/)/, "")}` : undefined;
  }
  return images;
}

export function deleteImage(id: string): Promise<void> {
  return call(`/image/v2/images/${segment(id)}`, { method: "DELETE" });
}
