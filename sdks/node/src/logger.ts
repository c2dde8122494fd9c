/** Where the SDK says what an operator should know. */

/** Takes one line of plain text; no key and no attribute is ever in it. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Warnings and errors on the console, nothing else. */
export const CONSOLE: Logger = {
  info() {},
  warn: (message) => console.warn(`feature-flag-platform: ${message}`),
  error: (message) => console.error(`feature-flag-platform: ${message}`),
};

const REMEMBERED_MAX = 1000;

/** Says each thing once: at most a thousand different ones, then nothing new. */
export class OnceLogger {
  readonly #logger: Logger;
  readonly #said = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Warns unless this was said before; `subject` is what makes it the same. */
  warn(subject: string, message: string): void {
    if (this.#said.has(subject) || this.#said.size >= REMEMBERED_MAX) return;
    this.#said.add(subject);
    this.#logger.warn(message);
  }
}
