import type { ComponentType } from "react";

/** A page of a feature, below `/p/$project/`; one that begins with "/" stands outside of projects. */
export interface FeatureRoute {
  /** As the router has it: `flags/$key/{-$tab}`. */
  readonly path: string;
  /** The page's module, read when it is first opened. */
  readonly page: () => Promise<{ readonly default: ComponentType }>;
  /** Of the browser's tab: "Flags". */
  readonly title: string;
}
