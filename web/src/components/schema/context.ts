import { createContext, useContext } from "react";
import type { Schema } from "./document";

/** What all fields of one form share. */
export interface FormContext {
  /** Where `$ref` leads to. */
  root: Schema;
  /** What the service says of a place, by JSON pointer. */
  errors: Readonly<Record<string, string>>;
  /** Before a pointer: the path that a refusal names, such as `overrides[1].value`. */
  path: string;
  readOnly: boolean;
}

const Context = createContext<FormContext>({ root: true, errors: {}, path: "", readOnly: false });

export const FormProvider = Context.Provider;

export function useForm(): FormContext {
  return useContext(Context);
}
