/** @text @json @csv @tsv @html @uri @urid @sh @base64 @base64d @base32 @base32d */

import { textByte } from "../../bytes/byte";
import {
  AMPERSAND,
  APOSTROPHE,
  BACKSLASH,
  CR,
  DIGIT_2,
  DIGIT_7,
  EQUALS,
  GREATER,
  LESS,
  LF,
  PERCENT,
  QUOTE,
  SPACE,
  UPPER_A,
  UPPER_Z,
} from "../../bytes/characters";
import { base64Value, writeBase64 } from "../../bytes/base64";
import { bufferByte, bufferRoom, bufferText } from "../../bytes/buffer";
import { hexPair } from "../../bytes/hex";
import { percentEncode } from "../../bytes/percent";
import { encodeTo, sequenceAt, utf8Valid } from "../../bytes/utf8";
import { LONGEST_STRING } from "../operations/limits";
import { charge } from "../../errors/errors";
import { writeJsonJq } from "../../json/writer";
import {
  addressOf,
  ARRAY,
  elementAt,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  STRING,
  tagOf,
} from "../../value/cell";
import { cellIs } from "../../value/object";
import {
  DONE,
  FATAL,
  messageBegin,
  messageBytes,
  messageEnd,
  messageText,
  typeError,
} from "../operations/raise";
import { BUILD, textDone, tooLong, toJson, toText } from "../operations/strings";

const TEXT: usize = memory.data(16, 16);

/** to = c formatted as `format` says. */
export function formatValue(to: usize, c: usize, format: usize): i32 {
  if (tagOf(format) != STRING) return typeError(format, "is not a valid format");
  if (cellIs(format, "json")) return toJson(to, c);
  if (cellIs(format, "text")) return toText(to, c);
  if (cellIs(format, "csv")) return row(to, c, true);
  if (cellIs(format, "tsv")) return row(to, c, false);
  if (cellIs(format, "sh")) return shell(to, c);
  const html = cellIs(format, "html");
  const uri = cellIs(format, "uri");
  const urid = cellIs(format, "urid");
  const base64 = cellIs(format, "base64");
  const base64d = cellIs(format, "base64d");
  const base32 = cellIs(format, "base32");
  const base32d = cellIs(format, "base32d");
  if (!html && !uri && !urid && !base64 && !base64d && !base32 && !base32d) {
    messageBegin();
    messageBytes(addressOf(format), lengthOf(format));
    messageText(" is not a valid format");
    return messageEnd();
  }
  const r = toText(TEXT, c);
  if (r != DONE) return r;
  const at = addressOf(TEXT);
  const n = lengthOf(TEXT);
  if (!charge(n >>> 2)) return FATAL;
  BUILD.len = 0;
  if (html) escapeHtml(at, n);
  else if (uri) percentEncode(BUILD, at, n);
  else if (base64) writeBase64(BUILD, at, n);
  else if (base32) encode32(at, n);
  else if (urid) {
    if (!unpercent(at, n) || utf8Valid(BUILD.at, BUILD.len) >= 0)
      return typeError(TEXT, "is not a valid uri encoding");
  } else {
    const state = base64d ? decode(at, n, 6) : decode(at, n, 5);
    if (state == 1)
      return typeError(TEXT, base64d ? "is not valid base64 data" : "is not valid base32 data");
    if (state == 2)
      return typeError(TEXT, base64d ? "trailing base64 byte found" : "trailing base32 byte found");
    return repaired(to);
  }
  if (BUILD.len > LONGEST_STRING) return tooLong();
  return textDone(to);
}

/** How many bytes of broken UTF-8 jq takes for one U+FFFD: up to what the lead byte announces. */
function brokenSize(at: usize, end: usize): usize {
  const lead = textByte(at);
  if (lead < 0xc2 || lead > 0xf4) return 1;
  const size: usize = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (size > end - at) return end - at;
  for (let i: usize = 1; i < size; i++) if ((textByte(at + i) & 0xc0) != 0x80) return i;
  return size;
}

/** Decoded bytes need not be UTF-8: what is not becomes U+FFFD. */
function repaired(to: usize): i32 {
  const bad = utf8Valid(BUILD.at, BUILD.len);
  if (bad < 0) return textDone(to);
  const n = BUILD.len;
  // The repaired text is written behind the decoded one.
  bufferRoom(BUILD, n * 3 + 16);
  const from: usize = BUILD.at;
  const start = from + n + 8;
  memory.fill(from + n, 0, 8);
  let p: usize = 0;
  let q = start;
  while (p < (n as usize)) {
    const size = sequenceAt(from + p, from + n);
    if (size == 0) {
      q += encodeTo(q, 0xfffd);
      p += brokenSize(from + p, from + n);
      continue;
    }
    memory.copy(q, from + p, size);
    q += size;
    p += size;
  }
  memory.copy(from, start, q - start);
  BUILD.len = (q - start) as u32;
  return textDone(to);
}

function row(to: usize, c: usize, csv: bool): i32 {
  if (tagOf(c) != ARRAY)
    return typeError(
      c,
      csv ? "cannot be csv-formatted, only array" : "cannot be tsv-formatted, only array",
    );
  BUILD.len = 0;
  for (let i: u32 = 0; i < lengthOf(c); i++) {
    const item = elementAt(c, i);
    const tag = tagOf(item);
    if (i != 0) bufferByte(BUILD, csv ? 44 : 9);
    if (!charge(1 + (lengthOf(item) >>> 3))) return FATAL;
    if (tag == STRING) {
      if (csv) quoted(addressOf(item), lengthOf(item));
      else tabEscaped(addressOf(item), lengthOf(item));
    } else if (tag > STRING) return typeError(item, "is not valid in a csv row");
    else if (tag != NULL && !(tag == NUMBER && numberOf(item) != numberOf(item))) {
      if (!writeJsonJq(item, BUILD, LONGEST_STRING)) return FATAL;
    }
    if (BUILD.len > LONGEST_STRING) return tooLong();
  }
  return textDone(to);
}

/** A text in double quotes, which are doubled inside. */
function quoted(at: usize, n: u32): void {
  bufferByte(BUILD, QUOTE);
  for (let i: u32 = 0; i < n; i++) {
    const c: u32 = textByte(at + i);
    if (c == QUOTE) bufferByte(BUILD, QUOTE);
    plainByte(c);
  }
  bufferByte(BUILD, QUOTE);
}

function tabEscaped(at: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    const c: u32 = textByte(at + i);
    if (c == 9) bufferText(BUILD, "\\t");
    else if (c == LF) bufferText(BUILD, "\\n");
    else if (c == CR) bufferText(BUILD, "\\r");
    else if (c == BACKSLASH) bufferText(BUILD, "\\\\");
    else plainByte(c);
  }
}

function shell(to: usize, c: usize): i32 {
  BUILD.len = 0;
  const isArray = tagOf(c) == ARRAY;
  const n: u32 = isArray ? lengthOf(c) : 1;
  for (let i: u32 = 0; i < n; i++) {
    const item = isArray ? elementAt(c, i) : c;
    if (i != 0) bufferByte(BUILD, SPACE);
    if (!charge(1 + (lengthOf(item) >>> 3))) return FATAL;
    if (tagOf(item) == STRING) {
      bufferByte(BUILD, APOSTROPHE);
      const at = addressOf(item);
      for (let j: u32 = 0; j < lengthOf(item); j++) {
        if (textByte(at + j) == APOSTROPHE) bufferText(BUILD, "'\\''");
        else plainByte(textByte(at + j));
      }
      bufferByte(BUILD, APOSTROPHE);
    } else if (tagOf(item) > STRING) return typeError(item, "can not be escaped for shell");
    else if (!writeJsonJq(item, BUILD, LONGEST_STRING)) return FATAL;
    if (BUILD.len > LONGEST_STRING) return tooLong();
  }
  return textDone(to);
}

function escapeHtml(at: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    switch (textByte(at + i)) {
      case LESS:
        bufferText(BUILD, "&lt;");
        break;
      case GREATER:
        bufferText(BUILD, "&gt;");
        break;
      case AMPERSAND:
        bufferText(BUILD, "&amp;");
        break;
      case APOSTROPHE:
        bufferText(BUILD, "&apos;");
        break;
      case QUOTE:
        bufferText(BUILD, "&quot;");
        break;
      default:
        plainByte(textByte(at + i));
    }
  }
}

/** A byte that a format has nothing against; jq writes U+0000 as \0 in those for people. */
function plainByte(byte: u32): void {
  if (byte == 0) bufferText(BUILD, "\\0");
  else bufferByte(BUILD, byte);
}

function unpercent(at: usize, n: u32): bool {
  let i: u32 = 0;
  while (i < n) {
    const c: u32 = textByte(at + i);
    if (c != PERCENT) {
      bufferByte(BUILD, c);
      i++;
      continue;
    }
    if (i + 2 >= n) return false;
    const byte = hexPair(at + i + 1);
    if (byte < 0) return false;
    bufferByte(BUILD, byte);
    i += 3;
  }
  return true;
}

function encode32(at: usize, n: u32): void {
  let bits: u32 = 0;
  let x: u32 = 0;
  let written: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    x = ((x & 0xff) << 8) | textByte(at + i);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      bufferByte(BUILD, digit32((x >>> bits) & 31));
      written++;
    }
  }
  if (bits != 0) {
    bufferByte(BUILD, digit32((x << (5 - bits)) & 31));
    written++;
  }
  while (written & 7) {
    bufferByte(BUILD, EQUALS);
    written++;
  }
}

function digit32(d: u32): u32 {
  return d < 26 ? 65 + d : 24 + d;
}

/** 0: decoded into BUILD, 1: a foreign character, 2: a lone digit at the end. */
function decode(at: usize, n: u32, width: u32): i32 {
  let bits: u32 = 0;
  let x: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const c: u32 = textByte(at + i);
    if (c == EQUALS) break;
    const d = width == 6 ? base64Value(c) : value32(c);
    if (d < 0) return 1;
    x = ((x << width) | d) & 0xfffff;
    bits += width;
    if (bits >= 8) {
      bits -= 8;
      bufferByte(BUILD, (x >>> bits) & 0xff);
    }
  }
  return bits >= width ? 2 : 0;
}

function value32(c: u32): i32 {
  if (c >= UPPER_A && c <= UPPER_Z) return c - UPPER_A;
  return c >= DIGIT_2 && c <= DIGIT_7 ? c - 24 : -1;
}
