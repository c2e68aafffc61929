import { expect, it } from "vitest";
import { exchange } from "@reach-fabric/host/testing";
import { serve } from "../helpers.ts";

it("attack: PACK-17 an answer in pieces of one byte is bounded by their number", async () => {
  const registry = await serve((_, response) => {
    // Each is a piece of its own on the way (RFC 9112, 7.1).
    const pieces = "1\r\nx\r\n".repeat(3000);
    response.socket?.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`);
  });
  const ask = { method: "GET", limit: 5000 } as const;
  await expect(exchange(new URL(registry.origin), ask, {})).rejects.toMatchObject({
    code: "REACH-E4145",
    why: "more than 5000 bytes, or too many pieces",
  });
});
