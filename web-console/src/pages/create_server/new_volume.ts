import { createVolume, getVolume } from "../../api/volume";
import { m } from "../../i18n";
import type { CreateForm } from "../../lib/create_form";
import { parseGib } from "../../lib/volume_text";

const kLookMs = 500;
const kLooksMax = 40;

/**
 * The id of the volume that the new server shall have, made first if need be, or null for none.
 * `onMade` is told as soon as the volume exists, also when it then does not become ready.
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
  for (let look = 0; look < kLooksMax; look += 1) {
    const { status } = await getVolume(projectId, id);
    if (status === "available") return id;
    await new Promise((done) => setTimeout(done, kLookMs));
  }
  throw new Error(m.create.volumeSlow);
}
