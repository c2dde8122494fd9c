/** The way back that is offered now: by keyboard nobody reaches its button in time, so a key takes it. */

interface Offer {
  readonly id: string;
  readonly take: () => Promise<void>;
}

let offer: Offer | null = null;

export function offerUndo(id: string, take: () => Promise<void>): void {
  offer = { id, take };
}

/** It was taken, or its time is over. */
export function withdrawUndo(id: string): void {
  if (offer?.id === id) offer = null;
}

export function undoLatest(): void {
  void offer?.take();
}
