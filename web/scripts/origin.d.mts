import type { ProxyOptions } from "vite";

export interface Stack {
  readonly origin?: string;
  readonly admin?: { readonly email: string; readonly password: string };
}
export function stack(): Stack;
export function proxy(): Record<string, ProxyOptions>;
