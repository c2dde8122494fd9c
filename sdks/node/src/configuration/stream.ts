/** One connection of `/v1/stream`, from its beginning to its end. */

import type { IncomingMessage } from "node:http";

import { EventReader, type Said } from "../http/event_stream.js";
import { Fault, Refusal } from "../http/faults.js";
import { later, monotonic } from "../timers.js";

/** How a stream ended. */
export interface Ended {
  readonly fault: Fault;
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
  const ended = (fault: Fault): Ended => ({ fault, spoke, livedMs: monotonic() - began, retryMs: reader.retryMs });
  let timer: NodeJS.Timeout | undefined;
  let response: IncomingMessage | undefined;
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
    return ended(new Fault(reader.halfway ? "the stream ended in the middle of an event" : "the stream ended", true));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return ended(error instanceof Fault ? error : new Fault((error as Error).message, response !== undefined));
  } finally {
    clearTimeout(timer);
    response?.destroy();
  }
}
