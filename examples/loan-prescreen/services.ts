// A small credit bureau and an income service: real HTTP servers on loopback, for the example.
//
// What they answer depends on the applicant alone. What does not belong to an answer differs from
// request to request on purpose (key order, request ids, the Date header, ports): it must change
// nothing in a decision.
//
//   npm run example                               start both, write build/example/grant.json
//   npm run example -- --grant build/x.json       write the grant elsewhere
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

type Answer =
  | { readonly json: Readonly<Record<string, unknown>>; readonly failFirst?: number }
  | { readonly status: number }
  | { readonly html: string };

const bureauAnswers: Readonly<Record<string, Answer>> = {
  "a-1001": { json: { score: 782, debt: 4000 } },
  "a-1002": { json: { score: 700, debt: 3000 } },
  "a-1003": { json: { score: 715, debt: 0 } },
  "a-1004": { json: { score: 640, debt: 1000 } },
  "a-1005": { json: { score: 640, debt: 5500 } },
  "a-1006": { json: { score: 481, debt: 0 } },
  "a-1007": { json: { score: 690, debt: 16000 } },
  "a-1008": { json: { score: 805, debt: 0 } },
  // Busy twice, then it answers: the third attempt succeeds.
  "a-1009": { json: { score: 716, debt: 2500.5 }, failFirst: 2 },
  "a-1010": { status: 503 },
  // A proxy's error page, said to be fine.
  "a-1011": { html: "<html><body>Scheduled maintenance</body></html>" },
  "a-1012": { json: { score: 730, debt: 0 } },
  "a-1013": { json: { score: 730, debt: 0 } },
  "a-1014": { json: { score: 730, debt: 0 } },
  "a-1016": { json: { score: 560, debt: 0 } },
  "a-1017": { json: { score: 745, debt: 0 } },
  "a-1018": { json: { score: "very good", debt: 0 } },
};

const incomeAnswers: Readonly<Record<string, Answer>> = {
  "a-1001": { json: { annual: 62000, currency: "EUR" } },
  "a-1002": { json: { annual: 50000, currency: "EUR" } },
  "a-1003": { json: { annual: 40000, currency: "EUR" } },
  "a-1004": { json: { annual: 25000, currency: "EUR" } },
  "a-1005": { json: { annual: 41000.75, currency: "EUR" } },
  "a-1006": { json: { annual: 38000, currency: "EUR" } },
  "a-1007": { json: { annual: 48000, currency: "EUR" } },
  "a-1008": { json: { annual: 250000, currency: "EUR" } },
  "a-1009": { json: { annual: 31000, currency: "EUR" } },
  "a-1012": { status: 404 },
  "a-1013": { json: { annual: null, currency: "EUR" } },
  "a-1014": { json: { annual: "fifty thousand", currency: "EUR" } },
  "a-1016": { json: { annual: 30000, currency: "EUR" } },
  "a-1017": { json: { annual: 22000, currency: "EUR" } },
};

/** Both services, and where they listen by the logical origins that the workflow names. */
export interface Services {
  readonly addresses: Readonly<Record<string, string>>;
  /** Requests answered so far. */
  requests(): number;
  stop(): Promise<void>;
}

export interface ServicesOptions {
  /** Replaces the bureau's score of an applicant. */
  readonly scores?: Readonly<Record<string, number>>;
}

/** Starts both services on free ports of the loopback interface. */
export async function startServices(options: ServicesOptions = {}): Promise<Services> {
  let requests = 0;
  const failures = new Map<string, number>();

  const give = (response: ServerResponse, id: string, answer: Answer | undefined): void => {
    requests += 1;
    response.setHeader("x-request-id", `${process.pid}-${requests}`);
    if (answer === undefined) return end(response, 404, { error: "unknown applicant" });
    if ("html" in answer) {
      response.writeHead(200, { "content-type": "text/html" });
      response.end(answer.html);
      return;
    }
    if ("status" in answer) return end(response, answer.status, { error: "no answer" });
    const failed = failures.get(id) ?? 0;
    if (failed < (answer.failFirst ?? 0)) {
      failures.set(id, failed + 1);
      response.setHeader("retry-after", "1");
      return end(response, 503, { error: "busy" });
    }
    failures.delete(id);
    const score = options.scores?.[id];
    const members = Object.entries(
      score !== undefined && "score" in answer.json ? { ...answer.json, score } : answer.json,
    );
    end(response, 200, Object.fromEntries(requests % 2 === 0 ? members.reverse() : members));
  };

  const bureau = await listen((request, response) => {
    const id = /^\/v1\/scores\/([\w-]+)$/.exec(request.url ?? "")?.[1];
    if (request.method !== "GET" || id === undefined) return end(response, 404, {});
    give(response, id, bureauAnswers[id]);
  });
  const income = await listen((request, response) => {
    void body(request).then(
      (text) => {
        const id = applicantOf(text);
        if (request.method !== "POST" || request.url !== "/v1/verify" || id === undefined) {
          return end(response, 400, {});
        }
        give(response, id, incomeAnswers[id]);
      },
      () => response.destroy(),
    );
  });

  return {
    addresses: {
      "https://bureau.example": address(bureau),
      "https://income.example": address(income),
    },
    requests: () => requests,
    stop: async () => {
      await Promise.all([close(bureau), close(income)]);
    },
  };
}

function applicantOf(text: string): string | undefined {
  try {
    const { applicantId } = JSON.parse(text) as { applicantId?: unknown };
    return typeof applicantId === "string" ? applicantId : undefined;
  } catch {
    return undefined;
  }
}

function end(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(json));
}

async function body(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text;
}

function listen(answer: RequestListener): Promise<Server> {
  return new Promise((ready, failed) => {
    const server = createServer(answer);
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      ready(server);
    });
  });
}

const address = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function close(server: Server): Promise<void> {
  return new Promise((closed) => {
    server.close(() => {
      closed();
    });
    server.closeAllConnections();
  });
}

/** The example's grant with the addresses of these services, as text. */
export function grantFor(services: Services): string {
  const template = readFileSync(new URL("grant.json", import.meta.url), "utf8");
  const grant = { ...(JSON.parse(template) as object), addresses: services.addresses };
  return `${JSON.stringify(grant, null, 2)}\n`;
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { values } = parseArgs({
    options: { grant: { type: "string", default: resolve(root, "build/example/grant.json") } },
  });
  const services = await startServices();
  mkdirSync(dirname(values.grant), { recursive: true });
  writeFileSync(values.grant, grantFor(services));
  const grant = relative(process.cwd(), values.grant);
  const example = relative(process.cwd(), fileURLToPath(new URL(".", import.meta.url)));
  for (const [origin, at] of Object.entries(services.addresses)) console.log(`${origin}  ${at}`);
  console.log(`
The grant for them is ${grant}. They run until Ctrl-C; in another terminal:

  npx reach run ${example}/workflow.yaml --input ${example}/applicants/01-strong.json \\
    --grant ${grant} -o build/example/01-strong.reach`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      void services.stop().then(() => process.exit(0));
    });
  }
}
