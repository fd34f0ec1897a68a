import { createVolume } from "../../api/volume";
import { m } from "../../i18n";
import type { CreateForm } from "../../lib/create_form";
import { parseGib } from "../../lib/volume_text";

/**
 * The id of the volume that the new server shall have, made first if need be, or null for none.
 * `onMade` is told of a new one, so that trying again after a refusal does not make another.
 */
export async function volumeFor(
  form: CreateForm,
  projectId: string,
  onMade: (id: string) => void,
): Promise<string | null> {
  if (form.volume.kind === "none") return null;
  if (form.volume.kind === "existing") return form.volume.id;
  const size = parseGib(form.volume.sizeGib);
  if (size === null) throw new Error(m.create.volumeSizeBad);
  const { id } = await createVolume(projectId, `${form.name.trim()}-data`, size);
  onMade(id);
  return id;
}
