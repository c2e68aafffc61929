// The workflow of `npm run run-kill`: two POSTs, a GET, a PUT beside a model, and a person, and what it may ask.
import { createEngine, makePack } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { effectiveGrant } from "@reach-fabric/host";
import type { CloudEvent, RunOptions } from "@reach-fabric/host";

const ORIGIN = "https://bank.example";
const http = (name: string, method: string): object => ({
  [name]: {
    call: "http",
    with: {
      method,
      endpoint: `${ORIGIN}/${name}/{id}`,
      ...(method === "get" ? {} : { body: { amount: 5 } }),
    },
    output: { as: `\${ $input + {${name}: .of} }` },
  },
});

const workflow = {
  document: { dsl: "1.0.3", namespace: "test", name: "durable", version: "1.0.0" },
  do: [
    http("look", "get"),
    http("pay", "post"),
    {
      both: {
        fork: {
          branches: [
            http("put", "put"),
            {
              ask: {
                call: "llm",
                with: { model: "judge", prompt: '${ "what of " + .id }' },
                output: { as: "${ $input + {said: .} }" },
              },
            },
          ],
        },
        output: { as: ".[0] + .[1]" },
      },
    },
    {
      person: {
        listen: { to: { one: { with: { type: "approved" } } } },
        output: { as: "${ $input + {by: .[0].by} }" },
      },
    },
    http("book", "post"),
  ],
};

export const packOfRuns = (): Pack =>
  makePack(createEngine(), {
    id: "test/durable",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify(workflow) },
  });

export const inputOf = (id: string): object => ({ id });

/** The person's word about a run. */
export const approved = (id: string): CloudEvent => ({
  specversion: "1.0",
  id: `approved-${id}`,
  source: "/desk",
  type: "approved",
  subject: id,
  data: { by: "clerk-7" },
});

/** What a run may ask, and where that is. */
export const worldAt = (
  address: string,
): Pick<RunOptions, "grant" | "addresses" | "providers"> => ({
  grant: effectiveGrant({
    http: [{ origin: ORIGIN, methods: ["GET", "POST", "PUT"], paths: ["/*"] }],
    models: ["judge"],
  }),
  addresses: { [ORIGIN]: address },
  providers: { judge: { api: "openai-chat", url: `${address}/v1`, model: "judge" } },
});
