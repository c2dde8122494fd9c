/** Loaded before all else: what may become markup here, and the libraries' settings that the content security policy
 * asks for. */

import { setNonce } from "get-nonce";
import { config } from "zod/v4/core";
import { nonce } from "@/lib/nonce";

interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML(text: string): string }): unknown;
}

/** Mantine writes the text of style elements as HTML; a text without "<" can't be more than text. */
export function onlyText(text: string): string {
  if (text.includes("<")) throw new TypeError("markup is made by React alone");
  return text;
}

declare global {
  interface Window {
    readonly trustedTypes?: PolicyFactory;
  }
}

window.trustedTypes?.createPolicy("default", { createHTML: onlyText });

if (nonce !== "") setNonce(nonce);

config({ jitless: true });
