/**
 * Headers that say another method, path, host or sender than the request has (GRANT-22): frameworks and proxies take
 * their word, and the grant would be about something else.
 */

import { textByte } from "../../bytes/byte";
import { addressOf, elementAt, keyAt, lengthOf } from "../../value/cell";
import { cellIs } from "../../value/object";
import { equalBytes } from "../../value/order";

/** The name of a header that overrides the request and is not in the list (0: none is); 0 where there is none. */
export function overridingBeyond(headers: usize, allowed: usize): usize {
  if (headers == 0) return 0;
  for (let i: u32 = 0; i < lengthOf(headers); i++) {
    const name = keyAt(headers, i);
    if (isOverriding(name) && !isListed(allowed, name)) return name;
  }
  return 0;
}

/** The name of a header that overrides a call of MCP; 0 where there is none. The transport says its own. */
export function overridingMcp(headers: usize): usize {
  if (headers == 0) return 0;
  for (let i: u32 = 0; i < lengthOf(headers); i++) {
    const name = keyAt(headers, i);
    if (begins(name, "mcp-") || cellIs(name, "last-event-id")) return name;
  }
  return overridingBeyond(headers, 0);
}

function isOverriding(name: usize): bool {
  return (
    begins(name, "x-forwarded") ||
    begins(name, "forwarded") ||
    begins(name, "x-http-method") ||
    begins(name, "x-method") ||
    begins(name, "x-original-") ||
    begins(name, "x-rewrite-") ||
    begins(name, "x-envoy-original-") ||
    begins(name, "x-accel-") ||
    begins(name, "x-middleware-") ||
    begins(name, "cf-connecting-ip") ||
    begins(name, "x-remote-") ||
    cellIs(name, "x-http-host-override") ||
    cellIs(name, "x-host") ||
    cellIs(name, "x-real-ip") ||
    cellIs(name, "x-client-ip") ||
    cellIs(name, "x-cluster-client-ip") ||
    cellIs(name, "x-originating-ip") ||
    cellIs(name, "x-proxyuser-ip") ||
    cellIs(name, "x-sendfile") ||
    cellIs(name, "true-client-ip") ||
    cellIs(name, "fastly-client-ip")
  );
}

function isListed(allowed: usize, name: usize): bool {
  if (allowed == 0) return false;
  for (let i: u32 = 0; i < lengthOf(allowed); i++) {
    const a = elementAt(allowed, i);
    if (equalBytes(addressOf(a), lengthOf(a), addressOf(name), lengthOf(name))) return true;
  }
  return false;
}

/** True if a text begins with another one, which is of ASCII. */
export function begins(name: usize, text: string): bool {
  const n = load<u32>(changetype<usize>(text) - 4) >>> 1;
  if (lengthOf(name) < n) return false;
  for (let i: u32 = 0; i < n; i++) {
    if (
      textByte(addressOf(name) + i) !=
      (load<u16>(changetype<usize>(text) + ((i as usize) << 1)) as u8)
    )
      return false;
  }
  return true;
}
