// The service that is asked, in a process of its own: it says its port, and ends when its parent does.
//   POST /v1/score  a small answer
//   GET  /v1/large  5 MB
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { largeText } from "./large.ts";

const small = Buffer.from(JSON.stringify({ score: 612, bureau: "north" }));
const large = Buffer.from(largeText());

const server = createServer((request, response) => {
  request.resume().once("end", () => {
    const body = request.url === "/v1/large" ? large : small;
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.stdin.once("close", () => process.exit());
process.stdin.resume();
