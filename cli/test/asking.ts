// A run that asks one server, which answers as a test wants it.
import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { put } from "./reach.ts";

/** A server with one answer, a workflow that asks it, and a grant for it. */
export async function asking(
  folder: string,
  answer: RequestListener | null,
  endpoint = "https://s.example/x",
): Promise<{
  args: string[];
  stop: () => void;
}> {
  const server: Server = createServer(answer ?? undefined);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  if (answer === null) server.close();
  const flow = `document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}
do:
- ask:
    call: http
    with: {method: get, endpoint: '${endpoint}'}
`;
  const grant = {
    format: "reach/grant/v1",
    http: [{ origin: "https://s.example", methods: ["GET"], paths: ["/x"] }],
    addresses: { "https://s.example": `http://127.0.0.1:${port}` },
  };
  put(folder, "ask.yaml", flow);
  put(folder, "ask-grant.json", JSON.stringify(grant));
  put(folder, "ask.json", "{}");
  return {
    args: ["run", "ask.yaml", "-i", "ask.json", "-g", "ask-grant.json", "--json"],
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
