/** Texts as bytes and as code points. A JavaScript string is UTF-16, where half of a pair may stand alone. */

const REPLACEMENT = 0xfffd;

/**
 * Write UTF-8 at `at`; gives where it ends. There must be room for three bytes for each unit of the text. A half of
 * a pair that stands alone becomes U+FFFD, or, with `keepHalves`, three bytes of its own.
 */
export function writeText(text: string, bytes: Uint8Array, at: number, keepHalves = false): number {
  const length = text.length;
  for (let i = 0; i < length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[at++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const point = text.codePointAt(i)!;
      if (point > 0xffff) {
        i++;
        bytes[at++] = 0xf0 | (point >> 18);
        bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
        bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
        bytes[at++] = 0x80 | (point & 0x3f);
        continue;
      }
      if (!keepHalves) code = REPLACEMENT;
    }
    if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
    } else {
      bytes[at++] = 0xe0 | (code >> 12);
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}

/** The length of a text as UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf-8");
}

/** Is there a boundary of characters at `at`, and not the middle of a pair? */
function isBoundary(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return true;
  return (text.charCodeAt(at) & 0xfc00) !== 0xdc00 || (text.charCodeAt(at - 1) & 0xfc00) !== 0xd800;
}

/** Could a part of this text begin or end within a pair of another one? */
export function mayCutPairs(part: string): boolean {
  const first = part.charCodeAt(0) & 0xfc00;
  const last = part.charCodeAt(part.length - 1) & 0xfc00;
  return first === 0xdc00 || last === 0xd800;
}

/** Does the text hold the part, character by character? */
export function holds(text: string, part: string): boolean {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    if (isBoundary(text, at) && isBoundary(text, at + part.length)) return true;
  }
  return false;
}

/** Does the text begin with the part, character by character? */
export function beginsWith(text: string, part: string): boolean {
  return text.startsWith(part) && isBoundary(text, part.length);
}

/** Does the text end with the part, character by character? */
export function finishesWith(text: string, part: string): boolean {
  return text.endsWith(part) && isBoundary(text, text.length - part.length);
}
