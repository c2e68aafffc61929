// What GRANT-4 says of a path and what is behind it, read again from the specification: in the order in which the engine
// finds it, and with the words that a fault has.

/** Why a URI is denied for what is behind its origin, whoever it is for; undefined where it is not. */
export function whyNotTail(tail: string): string | undefined {
  const path = /^[^?]*/.exec(tail)?.[0] ?? "";
  for (let i = 0; i < tail.length; i += 1) {
    const one = tail[i] ?? "";
    if (one === "#") return "a fragment is not allowed";
    if (!/[\w\-.~!$&'()*+,;=:@/?%]/.test(one)) return "a character that must be percent-encoded";
    if (one !== "%") continue;
    const pair = /^%([0-9a-f]{2})/i.exec(tail.slice(i))?.[1]?.toLowerCase();
    if (pair === undefined) return "a percent sign must be followed by two hex digits";
    if (i >= path.length) continue;
    if (isControl(pair)) return "an encoded control character in the path";
    if (pair === "2f" || pair === "5c") return "an encoded slash in the path";
    if (/^%25(?:2f|5c|2e)/i.test(tail.slice(i))) return TWICE;
  }
  const bad = whyNotSegments(path);
  if (bad !== undefined) return bad;
  // Of bytes, each a character: at most three times something is left to read.
  let layer = path;
  for (let read = 0; read <= 3; read += 1) {
    const pairs = [...layer.matchAll(/%([0-9a-f]{2})/gi)].map(([, pair = ""]) =>
      pair.toLowerCase(),
    );
    if (read > 0 && pairs.some((pair) => isControl(pair) || /^(?:2f|5c|2e)$/.test(pair)))
      return TWICE;
    const within = layer.replaceAll(/%([0-9a-f]{2})/gi, (_, pair: string) =>
      String.fromCharCode(Number.parseInt(pair, 16)),
    );
    if (!isUtf8(within)) return "what the path encodes is not UTF-8";
    if (within === layer) return undefined;
    const hidden = whyNotSegments(within);
    if (hidden !== undefined) return hidden;
    layer = within;
  }
  return "the path is encoded more than three times";
}

const TWICE = "a doubly encoded slash or dot in the path";

const isControl = (pair: string): boolean => /^(?:[01].|7f)$/.test(pair);

function whyNotSegments(path: string): string | undefined {
  const segments = path.split("/").slice(1);
  for (const [i, segment] of segments.entries()) {
    if (segment === "" && i < segments.length - 1) return "an empty segment in the path";
    if (/^(?:\.|%2e){1,2}(?:;|$)/i.test(segment)) return "a dot segment in the path";
  }
  return undefined;
}

function isUtf8(bytes: string): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(bytes, "latin1"));
    return true;
  } catch {
    return false;
  }
}
