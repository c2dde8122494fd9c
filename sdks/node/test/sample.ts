/** Flags that tests ask for. */

import type { Config, Flag, Value } from "../src/config.gen.js";
import type { Logger } from "../src/logger.js";

/** A flag that serves `value` to everybody. */
export function flag(key: string, value: Value, more: Partial<Flag> = {}): Flag {
  const type = typeof value === "object" ? "object" : (typeof value as "boolean");
  return {
    key,
    type: typeof value === "number" ? "integer" : type,
    variations: { on: value, off: type === "boolean" ? false : value },
    off_variation: "off",
    default: { variation: "on" },
    ...more,
  };
}

/** Half get `on`, half `off`. */
export const HALVES = { rollout: { variations: [{ key: "on", weight: 50 }, { key: "off", weight: 50 }] } };

/** An experiment on `flag` with everybody in it, half in each arm. */
export function experiment(key: string, on: string): NonNullable<Config["experiments"]>[string] {
  return { key, flag: on, mode: "assigns", variations: HALVES.rollout.variations, start_at: 0 };
}

/** A config document of these flags. */
export function config(flags: readonly Flag[], more: Partial<Config> = {}): Config {
  return { salt: "salt", version: 1, flags: Object.fromEntries(flags.map((each) => [each.key, each])), ...more };
}

/** Keeps what it is told. */
export class Said implements Logger {
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  readonly errors: string[] = [];

  info(message: string): void {
    this.infos.push(message);
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  error(message: string): void {
    this.errors.push(message);
  }
}
