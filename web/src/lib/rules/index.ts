/** Rules as sentences: conditions, shares, what changes and for whom. Pure. */

export * from "./condition";
export * from "./difference";
export * from "./hints";
export * from "./literals";
export * from "./movers";
export * from "./operators";
export * from "./paths";
export * from "./patterns";
export * from "./sentence";
export * from "./serve";
export * from "./settings";
export * from "./shares";
export * from "./variation-order";
