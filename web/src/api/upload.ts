/** A file on its way to the control plane, with how far it is: `fetch` doesn't tell that of what is sent. */

import type { Written } from "./clients";
import { problemOf, unreachable } from "./problem";
import { signInAgain, timesSignedIn } from "./signed-in";

export interface Upload {
  path: string;
  query: Record<string, string>;
  file: Blob;
  form: string;
  headers?: Record<string, string>;
  /** From 0 to 1; at 1 the service still works on what it has. */
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

export async function upload<T>(given: Upload): Promise<Written<T>> {
  const signedIn = timesSignedIn();
  const { response, body } = await sent(given);
  if (response.status === 401) {
    const again = signInAgain(signedIn);
    if (again !== null) {
      await again;
      return upload(given);
    }
  }
  if (!response.ok) throw problemOf(response, body);
  return { data: body as T, etag: response.headers.get("etag") };
}

function sent({ path, query, file, form, headers, onProgress, signal }: Upload) {
  return new Promise<{ response: Response; body: unknown }>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open("PUT", `${path}?${new URLSearchParams(query)}`);
    request.setRequestHeader("Content-Type", form);
    request.setRequestHeader("X-Verdict-CSRF", "1");
    for (const [name, value] of Object.entries(headers ?? {})) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      signal.removeEventListener("abort", stop);
      // A refusal may come while the rest of the file is still on its way.
      const told = { status: request.status, statusText: request.statusText, headers: headersOf(request) };
      resolve({ response: new Response(request.responseText, told), body: parsed(request.responseText) });
    };
    request.onerror = () => reject(unreachable("control plane"));
    request.onabort = () => reject(new DOMException("The upload was stopped", "AbortError"));
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    request.send(file);
  });
}

function headersOf(request: XMLHttpRequest): Headers {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
