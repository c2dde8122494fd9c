/** The stack of a run: started once, told to the workers by an environment variable, ended with the run. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const VARIABLE = "VERDICT_E2E_STACK";

export interface Stack {
  readonly origin: string;
  readonly control_plane: string;
  readonly analytics: string;
  readonly ingestor: string;
  readonly edge: string;
  readonly admin_email: string;
  readonly admin_password: string;
  /** Where servers are stopped and started; absent for a stack that others use, too. */
  readonly control?: string;
}

interface AddressBook extends Omit<Stack, "admin_email" | "admin_password"> {
  readonly admin: { readonly email: string; readonly password: string };
}

/** The stack of this run, in any of its processes. */
export function stack(): Stack {
  const told = process.env[VARIABLE];
  if (told === undefined) throw new Error("the run has no stack: start journeys by `npm run e2e`");
  return JSON.parse(told) as Stack;
}

/** Starts one, or takes that of VERDICT_STACK (an address book like build/devstack.json with `origin`). */
export default async function startStack(): Promise<() => Promise<void>> {
  const running = process.env.VERDICT_STACK;
  if (running !== undefined) {
    const { admin, ...book } = JSON.parse(readFileSync(running, "utf8")) as AddressBook;
    process.env[VARIABLE] = JSON.stringify({ ...book, admin_email: admin.email, admin_password: admin.password });
    return async () => undefined;
  }
  const python = process.env.VERDICT_PYTHON ?? join(repository, ".venv", "bin", "python");
  if (!existsSync(python)) throw new Error(`${python} is not there: make install makes it`);
  const folder = join(repository, "build", "e2e", "stack");
  const child = spawn(python, ["-m", "devstack.journeys", folder], {
    cwd: repository,
    stdio: ["pipe", "pipe", "inherit"],
  });
  process.env[VARIABLE] = await firstLine(child);
  return async () => {
    const ended = once(child, "exit");
    child.stdin?.end();
    await ended;
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the stack says nothing");
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the stack ended with status ${String(code)} while starting`);
  });
  const line = await Promise.race([once(lines, "line").then(([text]) => String(text)), ended]);
  ended.catch(() => undefined);
  return line;
}
