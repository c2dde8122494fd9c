/** IP addresses and CIDR blocks. */

import { Remembered } from "./remembered.js";

const ADDRESS_LENGTH_MAX = 64;
const REMEMBERED = 2048;
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/;
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const GROUPS = 8;
const MAPPED = [0, 0, 0, 0, 0, 0xffff];
const MAPPED_BITS = 96;

type Family = 4 | 6;
const WIDTHS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** Groups of 16 bits, the highest first: two of an IPv4 address, eight of an IPv6 address. */
interface Address {
  readonly family: Family;
  readonly groups: readonly number[];
}

/** The addresses whose first `length` bits are those of `groups`; host bits may still stand in it. */
export interface Block extends Address {
  readonly length: number;
}

function parseFour(text: string): number[] | undefined {
  const octets = text.split(".");
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)) return undefined;
  const [a, b, c, d] = octets.map(Number) as [number, number, number, number];
  return [a * 256 + b, c * 256 + d];
}

function parseSix(text: string): number[] | undefined {
  if (!text.includes(".")) return parseGroups(text);
  const colon = text.lastIndexOf(":");
  const four = parseFour(text.slice(colon + 1));
  return four && parseGroups(text.slice(0, colon + 1) + four.map((group) => group.toString(16)).join(":"));
}

function parseGroups(text: string): number[] | undefined {
  const [head = [], tail, ...more] = text.split("::").map((side) => (side === "" ? [] : side.split(":")));
  const told = [...head, ...(tail ?? [])];
  if (more.length > 0 || !told.every((group) => GROUP.test(group))) return undefined;
  const zeros = GROUPS - told.length;
  if (tail === undefined ? zeros !== 0 : zeros < 1) return undefined;
  const numbers = told.map((group) => Number.parseInt(group, 16));
  return [...numbers.slice(0, head.length), ...new Array<number>(zeros).fill(0), ...numbers.slice(head.length)];
}

/** The address as written: an IPv4-mapped IPv6 address is still IPv6. */
function parseLiteral(text: string): Address | undefined {
  const family = text.includes(":") ? 6 : 4;
  const groups = family === 6 ? parseSix(text) : parseFour(text);
  return groups && { family, groups };
}

function isMapped(address: Address): boolean {
  return address.family === 6 && MAPPED.every((group, index) => address.groups[index] === group);
}

function withoutMapping(address: Address): Address {
  return isMapped(address) ? { family: 4, groups: address.groups.slice(MAPPED.length) } : address;
}

const remembered = new Remembered(REMEMBERED, (text) => {
  const address = parseLiteral(text);
  return address && withoutMapping(address);
});

/** The block, or undefined if `text` is none. A bare address is a block of one. */
export function parseBlock(text: string): Block | undefined {
  const slash = text.indexOf("/");
  const tail = slash < 0 ? undefined : text.slice(slash + 1);
  if (text.length > ADDRESS_LENGTH_MAX || (tail !== undefined && !PREFIX.test(tail))) return undefined;
  const address = parseLiteral(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const length = tail === undefined ? WIDTHS[address.family] : Number(tail);
  if (length > WIDTHS[address.family]) return undefined;
  if (length < MAPPED_BITS || !isMapped(address)) return { ...address, length };
  return { ...withoutMapping(address), length: length - MAPPED_BITS };
}

/** The first `length` bits, as a text that only the same bits have. */
function firstBits(groups: readonly number[], length: number): string {
  let text = "";
  for (let left = length, i = 0; left > 0; left -= 16, i++) {
    text += String.fromCharCode(left >= 16 ? groups[i]! : groups[i]! >> (16 - left));
  }
  return text;
}

/** Blocks of both families; membership costs one look-up for each distinct prefix length. */
export class BlockSet {
  readonly #lengths: Readonly<Record<Family, Map<number, Set<string>>>> = { 4: new Map(), 6: new Map() };

  constructor(blocks: Iterable<Block>) {
    for (const { family, groups, length } of blocks) {
      const bits = this.#lengths[family].get(length) ?? new Set<string>();
      this.#lengths[family].set(length, bits.add(firstBits(groups, length)));
    }
  }

  /** Is `text` an address in one of the blocks? `::ffff:a.b.c.d` is a.b.c.d; a block, a zone and blanks make it none. */
  holds(text: string): boolean {
    const address = text.length <= ADDRESS_LENGTH_MAX ? remembered.of(text) : undefined;
    if (address === undefined) return false;
    for (const [length, bits] of this.#lengths[address.family]) {
      if (bits.has(firstBits(address.groups, length))) return true;
    }
    return false;
  }
}
