#!/usr/bin/env node
/** `ffp-driver`: does what it is told by one JSON command a line, and answers each by a line. */

import { createInterface } from "node:readline";

import { Driver } from "./driver/commands.js";
import { isObject, type Json, type JsonObject } from "./engine/json.js";
import { parseJson, writeJson } from "./engine/json_text.js";

const driver = new Driver();

async function answer(line: string): Promise<JsonObject> {
  try {
    const command = parseJson(line);
    if (!isObject(command)) throw new Error("a command is a JSON object");
    return { ok: true, result: (await driver.do(command)) as Json };
  } catch (error) {
    return { ok: false, error: (error as Error).message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== "") process.stdout.write(`${writeJson(await answer(line))}\n`);
}
await driver.end();
