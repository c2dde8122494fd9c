import type { Plugin } from "vite";

export declare const preloads: Plugin;
