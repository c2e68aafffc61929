// The other side of `npm run run-kill`: a service that does what it is asked, as often as it is asked, and counts.
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What was done at one place. */
export interface Done {
  count: number;
  /** The Idempotency-Keys with which it was asked. */
  readonly keys: Set<string>;
}

export interface Service {
  readonly address: string;
  /** By method and path; of a question to the model by its text. */
  readonly done: ReadonlyMap<string, Done>;
  /** Is told of each request when it has come. */
  onRequest: () => void;
  readonly close: () => void;
}

/** What is answered there: the same for whoever asks, and however often. */
export const answerOf = (url: string): string => JSON.stringify({ of: url });

/** @param delay milliseconds until an answer leaves */
export async function startService(delay: () => number): Promise<Service> {
  const done = new Map<string, Done>();
  const service: Service = {
    address: "",
    done,
    onRequest: () => undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  const server: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { url = "", method = "" } = request;
      const isModel = url.endsWith("/chat/completions");
      const place = isModel ? `llm ${body}` : `${method} ${url}`;
      const here = done.get(place) ?? { count: 0, keys: new Set() };
      done.set(place, here);
      here.count += 1;
      service.onRequest();
      here.keys.add(String(request.headers["idempotency-key"]));
      const message = { role: "assistant", content: "yes" };
      const chosen = { model: "judge", choices: [{ index: 0, message, finish_reason: "stop" }] };
      const answer = isModel ? JSON.stringify(chosen) : answerOf(url);
      setTimeout(() => {
        response.writeHead(200, { "content-type": "application/json" }).end(answer);
      }, delay());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(service, { address: `http://127.0.0.1:${port}` });
}
