/** A page in Chromium: served under a strict content security policy, from another origin than the edge's. */

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';

const BUNDLE = new URL('../../../dist/bundle.min.js', import.meta.url);
const HTML = `<!doctype html><title>A page</title><link rel="icon" href="data:,"><body>
<script type="module" src="/main.js"></script>`;
const MAIN = "import * as sdk from '/sdk.js'; window.sdk = sdk;";

/** What pages of a test file share. `violations` counts what the policy has forbidden. */
export class Pages {
  violations = 0;
  #server: Server | undefined;
  #browser: Browser | undefined;

  async start(): Promise<void> {
    const bundle = await readFile(BUNDLE, 'utf8');
    const files: Record<string, [string, string]> = {
      '/': ['text/html', HTML],
      '/other': ['text/html', '<!doctype html><title>Another page</title>'],
      '/main.js': ['text/javascript', MAIN],
      '/sdk.js': ['text/javascript', bundle],
    };
    this.#server = createServer((request, answer) => {
      const [type, text] = files[request.url ?? ''] ?? ['text/plain', ''];
      answer.writeHead(text ? 200 : 404, {
        'Content-Type': type,
        'Content-Security-Policy':
          "default-src 'none'; script-src 'self'; connect-src http://127.0.0.1:*; img-src data:; require-trusted-types-for 'script'",
      });
      answer.end(text);
    }).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  /** A new page with the SDK as `window.sdk`. */
  async open(): Promise<Page> {
    const page = await this.#browser!.newPage();
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) this.violations += 1;
    });
    page.on('pageerror', (error) => {
      throw error;
    });
    const { port } = this.#server!.address() as AddressInfo;
    // Another origin than that of the edge, so that it must allow what the SDK sends.
    await page.goto(`http://localhost:${port}/`);
    await page.waitForFunction('window.sdk');
    return page;
  }
}

export function pages(): Pages {
  const made = new Pages();
  before(() => made.start());
  after(() => made.stop());
  return made;
}
