import assert from "node:assert/strict";
import { test } from "node:test";

import { settingsOf, type Options } from "../src/options.js";
import { Said } from "./sample.js";

const LEAST = { envKey: "srv_1", endpoint: "https://edge.example.com/" };

test("defaults are those of docs/sdks.md", () => {
  const { logger: _, ...settings } = settingsOf(LEAST);
  assert.deepEqual(settings, {
    envKey: "srv_1",
    endpoints: ["https://edge.example.com"],
    eventsEndpoint: undefined,
    startWaitMs: 5_000,
    bootstrap: undefined,
    store: undefined,
    offline: false,
    polling: "auto",
    pollMs: 30_000,
    exposures: "automatic",
    usage: true,
    privateAttributes: [],
    hashKeysWith: undefined,
    queueSize: 10_000,
    batchSize: 500,
    flushMs: 5_000,
    retryFirstMs: 1_000,
    silenceMs: 45_000,
    usageMs: 60_000,
  });
});

test("slashes at the end of addresses and a line break at the end of a key are harmless", () => {
  const settings = settingsOf({ envKey: "srv_1\n", endpoint: ["http://a/", "http://b/flags//"], eventsEndpoint: "http://c//" });
  assert.equal(settings.envKey, "srv_1");
  assert.deepEqual(settings.endpoints, ["http://a", "http://b/flags"]);
  assert.equal(settings.eventsEndpoint, "http://c");
});

const WRONG: [string, unknown][] = [
  ["envKey", { ...LEAST, envKey: undefined }],
  ["envKey", { ...LEAST, envKey: "" }],
  ["envKey", { ...LEAST, envKey: "a b" }],
  ["endpoint", { envKey: "k" }],
  ["endpoint", { ...LEAST, endpoint: "edge.example.com" }],
  ["endpoint", { ...LEAST, endpoint: "ftp://edge.example.com" }],
  ["endpoint", { ...LEAST, endpoint: [] }],
  ["eventsEndpoint", { ...LEAST, eventsEndpoint: "" }],
  ["startWait", { ...LEAST, startWait: -1 }],
  ["startWait", { ...LEAST, startWait: "5" }],
  ["pollInterval", { ...LEAST, pollInterval: 0 }],
  ["polling", { ...LEAST, polling: "never" }],
  ["exposures", { ...LEAST, exposures: true }],
  ["offline", { ...LEAST, offline: 1 }],
  ["privateAttributes", { ...LEAST, privateAttributes: "email" }],
  ["queueSize", { ...LEAST, queueSize: 0 }],
  ["batchSize", { ...LEAST, batchSize: 5001 }],
  ["flushInterval", { ...LEAST, flushInterval: NaN }],
  ["endPoint", { ...LEAST, endPoint: "https://edge.example.com" }],
  ["options", undefined],
];

for (const [name, options] of WRONG) {
  test(`${name} is named where it is wrong: ${JSON.stringify(options)}`, () => {
    assert.throws(() => settingsOf(options as Options), (error: Error) => error instanceof TypeError && error.message.startsWith(`${name}:`));
  });
}

test("a bootstrap that can't be read is told of, and the start goes on", () => {
  const logger = new Said();
  assert.equal(settingsOf({ ...LEAST, logger, bootstrap: "/nowhere/flags.json" }).bootstrap, undefined);
  assert.match(logger.errors.join(), /bootstrap can't be read.*nowhere/);
});
