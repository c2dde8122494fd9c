import assert from "node:assert/strict";
import { test } from "node:test";

import { EventReader, LINE_BYTES_MAX, type Said } from "../src/http/event_stream.js";
import { Fault } from "../src/http/faults.js";

const TEXT =
  'retry: 2000\n\n: still here\n\nid: 1-a\nevent: snapshot\ndata: {"ø": "🙂"}\n\nid: 2-b\r\nevent: change\r\ndata: one\r\ndata: two\r\n\r\nevent: empty\n\ndata:bare\n\n';
const ALIVE = { event: undefined, data: "", id: "" };
const EXPECTED: Said[] = [
  ALIVE,
  { event: "snapshot", data: '{"ø": "🙂"}', id: "1-a" },
  { event: "change", data: "one\ntwo", id: "2-b" },
  { event: "message", data: "bare", id: "2-b" },
];

for (const size of [1, 2, 3, 7, 1000]) {
  test(`events are whole in pieces of ${size} bytes`, () => {
    const reader = new EventReader();
    const bytes = Buffer.from(TEXT);
    const said: Said[] = [];
    for (let at = 0; at < bytes.length; at += size) said.push(...reader.read(bytes.subarray(at, at + size)));
    assert.deepEqual(said, EXPECTED);
    assert.equal(reader.retryMs, 2000);
    assert.equal(reader.halfway, false);
  });
}

test("an event that has not ended is halfway", () => {
  for (const text of ["data: a", "data: a\n", "event: change\ndata: {}\n"]) {
    const reader = new EventReader();
    assert.deepEqual([...reader.read(Buffer.from(text))], []);
    assert.equal(reader.halfway, true, text);
  }
});

test("a line that is too long, and one that is not UTF-8, break the stream", () => {
  const piece = Buffer.alloc(16 * 1024 * 1024, "a");
  const reader = new EventReader();
  assert.throws(() => {
    for (let read = 0; read <= LINE_BYTES_MAX; read += piece.length) for (const _ of reader.read(piece));
  }, Fault);
  assert.throws(() => [...new EventReader().read(Buffer.from([0x64, 0x3a, 0xff, 0x0a]))], Fault);
});
