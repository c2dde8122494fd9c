/** The nonce of this page's content security policy; empty where none is sent. */
export const nonce: string = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
