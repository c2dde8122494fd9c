/** One connection of `/v1/stream`, from its beginning to its end. */

import type { IncomingMessage } from "node:http";

import { EventReader, type Said } from "../http/event_stream.js";
import { Fault, Refusal } from "../http/faults.js";
import { later, monotonic } from "../timers.js";

/** How a stream ended. */
export interface Ended {
  /** `answered`: what came was no stream as it should be; else it just ended. */
  readonly fault: Fault;
  /** It began as a stream does. */
  readonly opened: boolean;
  /** It said something whole. */
  readonly spoke: boolean;
  /** Milliseconds that it was open. */
  readonly livedMs: number;
  /** The last `retry` that it told, 0 for none. */
  readonly retryMs: number;
}

/** What a stream needs. */
export interface Listening {
  /** Opens it. */
  readonly open: () => Promise<IncomingMessage>;
  /** Is called when it is there. */
  readonly opened: () => void;
  /** Is called with all that it says, one after the other; may reject with a Fault, which ends the stream. */
  readonly heard: (said: Said) => Promise<void> | void;
  /** Nothing for so long is a broken stream. */
  readonly silenceMs: number;
}

/** Listens until the stream ends. Rejects only with a Refusal. */
export async function listen({ open, opened, heard, silenceMs }: Listening): Promise<Ended> {
  const reader = new EventReader();
  const began = monotonic();
  let spoke = false;
  let timer: NodeJS.Timeout | undefined;
  let response: IncomingMessage | undefined;
  const ended = (fault: Fault): Ended => ({
    fault,
    opened: response !== undefined,
    spoke,
    livedMs: monotonic() - began,
    retryMs: reader.retryMs,
  });
  const silence = (): void => {
    timer = later(silenceMs, () => response?.destroy(new Fault(`the stream said nothing for ${silenceMs / 1000} s`, true)));
  };
  try {
    response = await open();
    opened();
    silence();
    for await (const bytes of response) {
      clearTimeout(timer);
      for (const said of reader.read(bytes as Buffer)) {
        await heard(said);
        spoke = true;
      }
      silence();
    }
    return ended(reader.halfway ? new Fault("the stream ended in the middle of an event", true) : new Fault("the stream ended"));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return ended(error instanceof Fault ? error : new Fault((error as Error).message));
  } finally {
    clearTimeout(timer);
    response?.destroy();
  }
}
