import type { QueryClient } from "@tanstack/react-query";
import type { ComponentType } from "react";
import type { Search } from "./url";

export interface PageModule {
  readonly default: ComponentType;
  /** Begins to read what the page shows first, from its address alone. */
  readonly ahead?: (client: QueryClient, project: string, search: Search) => void;
}

/** A page of a feature, below `/p/$project/`; one that begins with "/" stands outside of projects. */
export interface FeatureRoute {
  /** As the router has it: `flags/$key/{-$tab}`. */
  readonly path: string;
  /** The page's module, read when it is first opened. */
  readonly page: () => Promise<PageModule>;
  /** Of the browser's tab: "Flags". */
  readonly title: string;
}
