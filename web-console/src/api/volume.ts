import { call, segment } from "./http";

export interface Volume {
  id: string;
  name: string | null;
  status: string;
  size: number;
  bootable: string;
  created_at: string;
  volume_type?: string | null;
  attachments: { server_id: string; device: string }[];
}

function base(projectId: string): string {
  return `/volume/v3/${segment(projectId)}/volumes`;
}

export async function listVolumes(projectId: string, signal?: AbortSignal): Promise<Volume[]> {
  return (await call<{ volumes: Volume[] }>(`${base(projectId)}/detail`, { signal })).volumes;
}

export async function getVolume(projectId: string, id: string): Promise<Volume> {
  return (await call<{ volume: Volume }>(`${base(projectId)}/${segment(id)}`)).volume;
}

export async function createVolume(
  projectId: string,
  name: string,
  sizeGib: number,
): Promise<Volume> {
  const body = { volume: { name, size: sizeGib } };
  return (await call<{ volume: Volume }>(base(projectId), { method: "POST", body })).volume;
}

export function deleteVolume(projectId: string, id: string): Promise<void> {
  return call(`${base(projectId)}/${segment(id)}`, { method: "DELETE" });
}
