import { describe, expect, it } from "vitest";
import { EventStreamReader, serverEvents } from "./eventStream";

const TEXT = ': idle\n\nevent: accepted\ndata: {"a":1}\n\ndata: first\ndata: second\r\n\r\nretry: 500\n\n';
const EVENTS = [
  { event: "accepted", data: '{"a":1}' },
  { event: "message", data: "first\nsecond" },
];

describe("a stream of events", () => {
  it("is the same wherever it is cut", () => {
    for (let size = 1; size <= TEXT.length; size++) {
      const reader = new EventStreamReader();
      const found = [];
      for (let at = 0; at < TEXT.length; at += size) found.push(...reader.feed(TEXT.slice(at, at + size)));
      expect(found).toEqual(EVENTS);
    }
  });

  it("is read from a body, letters of several bytes included", async () => {
    const bytes = new TextEncoder().encode("data: Zoë\n\n");
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const found = [];
    for await (const some of serverEvents(body)) found.push(...some);
    expect(found).toEqual([{ event: "message", data: "Zoë" }]);
  });

  it("ends where a line never does", () => {
    const reader = new EventStreamReader();
    expect(() => reader.feed("x".repeat(1_048_577))).toThrow(RangeError);
  });
});
