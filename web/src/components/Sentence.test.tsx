import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Sentence } from "./Sentence";

const html = (text: string) => renderToStaticMarkup(<Sentence text={text} />);

describe("a sentence of a service", () => {
  it.each([
    ["the flag `new-checkout` is off", "the flag <code>new-checkout</code> is off"],
    ["`a` and `b`", "<code>a</code> and <code>b</code>"],
    ["nothing is named", "nothing is named"],
    ["`2026-11-29` ended on 2026-11-29", "<code>2026-11-29</code> ended on Nov 29, 2026"],
    ["an odd ` stays", "an odd ` stays"],
    ["`<script>`", "<code>&lt;script&gt;</code>"],
  ])("%s", (text, shown) => expect(html(text)).toBe(shown));
});
