// The service that runs ask, in a process of its own: it says its port, and ends when its parent does.
//   GET /v1/wait   an answer after 50 ms
//   GET /v1/large  7 MB at once
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const WAIT = 50;
const LARGE = 7_000_000;

const item = (i: number): object => ({
  id: i,
  name: `customer ${(i * 7919) % 50_000}`,
  tags: ["new", "north"],
  open: i % 3 === 0,
});
const items: string[] = [];
for (let size = 0; size < LARGE; size += items.at(-1)?.length ?? 0)
  items.push(JSON.stringify(item(items.length)));
const large = Buffer.from(`[${items.join(",")}]`);

const server = createServer((request, response) => {
  const isLarge = request.url === "/v1/large";
  const answer = (): void => {
    const body = isLarge ? large : Buffer.from(JSON.stringify({ score: 612, bureau: "north" }));
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  };
  if (isLarge) answer();
  else setTimeout(answer, WAIT);
});
// Runs begin all at once.
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.stdin.once("close", () => process.exit());
process.stdin.resume();
