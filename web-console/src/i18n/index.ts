import { en, type Messages } from "./en";

/** The texts in the person's language; English is the only one so far. */
export const m: Messages = en;
