#!/usr/bin/env node
/**
 * `ffp-conformance FILE...`: one JSON line per golden case, and a summary line per file.
 *
 * Exit status: 0 if every case with the role `must` (the role of a case without one) passes, 1 if one fails, 2 if a file
 * is no file of golden cases.
 */

import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { runCase, SharedConfigs, type CaseResult } from "./conformance/cases.js";
import { isObject, type Json, type JsonObject } from "./engine/json.js";
import { parseJson, writeJson } from "./engine/json_text.js";

/** What is no file of golden cases. */
class NoCases extends Error {}

function print(line: JsonObject): void {
  process.stdout.write(`${writeJson(line)}\n`);
}

function casesOf(text: string): [cases: readonly JsonObject[], configs: SharedConfigs] {
  const document = parseJson(text);
  const cases = isObject(document) ? document["cases"] : undefined;
  if (!isObject(document) || !Array.isArray(cases)) throw new NoCases('must be an object with a list "cases"');
  const index = cases.findIndex((golden) => !isObject(golden));
  if (index >= 0) throw new NoCases(`cases[${index}] must be an object`);
  return [cases as readonly JsonObject[], new SharedConfigs((document["configs"] ?? {}) as JsonObject)];
}

function outcome(golden: JsonObject, configs: SharedConfigs): CaseResult {
  try {
    return runCase(golden, configs);
  } catch (error) {
    return { ok: false, computed: { exception: String(error) } };
  }
}

/** Run one file and print its lines; the number of `must` cases that failed. */
function runFile(path: string): number {
  const [cases, configs] = casesOf(readFileSync(path, "utf-8"));
  let [passed, skipped, mustFailed] = [0, 0, 0];
  for (const [index, golden] of cases.entries()) {
    const result = outcome(golden, configs);
    const role = (golden["role"] ?? "must") as Json;
    if (result.ok === null) skipped += 1;
    else if (result.ok) passed += 1;
    else if (role === "must") mustFailed += 1;
    const { ok, computed, ...more } = result;
    print({ id: golden["id"] ?? index, ok, role, computed, ...more });
  }
  const failed = cases.length - passed - skipped;
  const counts = { cases: cases.length, passed, failed, must_failed: mustFailed, skipped };
  print({ summary: { file: basename(path), ...counts } });
  return mustFailed;
}

/** Run all files; gives the exit status. */
function main(paths: readonly string[]): number {
  if (paths.length === 0) {
    process.stderr.write("usage: ffp-conformance FILE...\n");
    return 2;
  }
  let mustFailed = 0;
  for (const path of paths) {
    try {
      mustFailed += runFile(path);
    } catch (error) {
      process.stderr.write(`${path}: ${error instanceof Error ? error.message : String(error)}\n`);
      return 2;
    }
  }
  return mustFailed > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
