/** What can be wrong with a request or its answer. */

/** No usable answer: the network, a time limit, a limit of size, or something else than was asked for. */
export class Fault extends Error {
  override readonly name: string = "Fault";

  /** `answered`: a server said something; `retryAfter`: milliseconds that it asked to wait. */
  constructor(
    message: string,
    readonly answered = false,
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

/** The key may not do this: nothing is asked with it any more. */
export class Refusal extends Fault {
  override readonly name = "Refusal";

  constructor(message: string) {
    super(message, true);
  }
}
