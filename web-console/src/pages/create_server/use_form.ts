import { useEffect, useState } from "react";
import { withDefaults, type CreateForm, type Field, type FieldErrors } from "../../lib/create_form";
import type { Choices } from "./choices";

const kEmpty: CreateForm = {
  name: "",
  imageId: null,
  flavorId: null,
  networkId: null,
  keyName: null,
  groups: [],
  volume: { kind: "none" },
  userData: "",
};

const kFieldOf: Readonly<Record<keyof CreateForm, Field>> = {
  name: "name",
  imageId: "image",
  flavorId: "flavor",
  networkId: "network",
  keyName: "key",
  groups: "groups",
  volume: "volume",
  userData: "userData",
};

/** The form's state: starts with what most people want, and never overrides a choice once made. */
export function useCreateForm(choices: Choices) {
  const [form, setForm] = useState<CreateForm>(kEmpty);
  const [touched, setTouched] = useState<ReadonlySet<keyof CreateForm>>(new Set());
  const [errors, setErrors] = useState<FieldErrors>({});

  const set = <K extends keyof CreateForm>(key: K, value: CreateForm[K]): void => {
    setForm((before) => ({ ...before, [key]: value }));
    setTouched((before) => new Set(before).add(key));
    setErrors((before) => ({ ...before, [kFieldOf[key]]: undefined }));
  };

  const images = choices.images.data;
  const flavors = choices.flavors.data;
  const networks = choices.networks.data;
  const keys = choices.keys.data;
  const groups = choices.groups.data;
  useEffect(() => {
    setForm((before) => withDefaults(before, { images, flavors, networks, keys, groups }, touched));
  }, [images, flavors, networks, keys, groups, touched, form.imageId]);

  return { form, set, errors, setErrors };
}

export type FormState = ReturnType<typeof useCreateForm>;
