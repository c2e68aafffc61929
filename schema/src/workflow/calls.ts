// Calls: the functions that the language knows, and what they are given.
import * as z from "zod";
import { namedOrOwn } from "./authentication.ts";
import { base, schemaClause } from "./clauses.ts";
import { anyObject, json, packPath } from "../fields/common.ts";
import { duration, isExpression } from "../fields/duration.ts";
import { problemCode, problemsOf, report, strict } from "../fields/problem.ts";
import type { UnplacedProblem } from "../fields/problem.ts";
import { absent, notBuiltYet } from "../fields/refusals.ts";
import { fileArguments } from "./file.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: "Expected a text, a number or a boolean.",
});
export const expression = z.string().refine(isExpression, { error: "Expected ${ } or an object." });
const headers = z.union([expression, z.record(z.string(), scalar)]);
const query = z.union([expression, z.record(z.string(), z.union([scalar, z.array(scalar)]))]);
/** Of an answer's headers only those that are named here are recorded (WF-23). */
const responseHeaders = z.array(
  z.string().regex(/^[a-z0-9!._~-]{1,100}$/, { error: "Expected a header's name in lower case." }),
);
const httpMetadata = anyObject.check((context) => {
  if (!Object.hasOwn(context.value, "reach")) return;
  const own = strict({ responseHeaders: responseHeaders.optional() });
  for (const { path, ...finding } of problemsOf(own, context.value["reach"])) {
    report(context, ["reach", ...path], finding);
  }
});

const endpoint = z.union([
  z.string(),
  strict({ uri: z.string(), authentication: namedOrOwn.optional() }),
]);
const httpArguments = strict({
  method: z.string().regex(/^(get|head|post|put|patch|delete|options)$/i, {
    error: "Expected get, head, post, put, patch, delete or options.",
  }),
  endpoint,
  headers: headers.optional(),
  query: query.optional(),
  body: json.optional(),
  output: z
    .enum(["raw", "content", "response"], { error: "Expected raw, content or response." })
    .optional(),
  redirect: z.boolean().optional(),
});

const resource = strict({
  name: z.string().optional(),
  endpoint: z.union([z.string(), strict({ uri: z.string() })]),
});
const openapiArguments = strict({
  document: resource,
  operationId: z.string(),
  parameters: anyObject.optional(),
  authentication: namedOrOwn.optional(),
  output: z.enum(["raw", "content", "response"]).optional(),
  redirect: z.boolean().optional(),
});
/** A tool's calls, as a whole answer has them; `id` says which call a tool answers (WF-71). */
const message = strict({
  role: z.string(),
  content: z.string(),
  id: z.string().optional(),
  tools: z.union([expression, z.array(json)]).optional(),
});
const tool = strict({
  name: z.string().regex(/^[\w-]{1,64}$/, { error: "Expected 1 to 64 letters, digits, - and _." }),
  description: z.string().optional(),
  schema: schemaClause.unwrap(),
});
/** A number, or an expression that gives one. */
const numeric = z.union([z.number(), expression]);
const llmArguments = strict({
  model: z.string().min(1),
  system: z.string().optional(),
  prompt: z.string().optional(),
  messages: z.union([expression, z.array(message)]).optional(),
  parameters: z
    .union([
      expression,
      strict({
        maxTokens: numeric.optional(),
        seed: numeric.optional(),
        temperature: numeric.optional(),
        topP: numeric.optional(),
      }),
    ])
    .optional(),
  schema: schemaClause,
  tools: z
    .array(tool)
    .min(1, { error: "Offer at least one tool." })
    .max(128, { error: "At most 128 tools." })
    .optional(),
  output: z.enum(["content", "response"], { error: "Expected content or response." }).optional(),
})
  .refine((value) => (value.prompt === undefined) !== (value.messages === undefined), {
    error: "Expected either a prompt or messages.",
  })
  .refine((value) => value.system === undefined || value.messages === undefined, {
    error: "`system` is allowed only with a prompt.",
  })
  .refine((value) => value.tools === undefined || value.output === "response", {
    error: "What a model asks of `tools` is in its whole answer: write `output: response`.",
  });
const a2aArguments = strict({
  agentCard: resource.optional(),
  server: endpoint.optional(),
  method: z.string().check((context) => {
    const { value } = context;
    if (A2A_STREAMS.includes(value)) {
      report(context, [], notBuiltYet(`The method \`${value}\`, which streams`));
    } else if (!A2A_METHODS.includes(value)) {
      report(context, [], {
        code: problemCode.badValue,
        what: "Expected a method of A2A.",
        hint: `There: ${A2A_METHODS.join(", ")}.`,
      });
    }
  }),
  parameters: z.union([expression, anyObject]).optional(),
}).refine((value) => value.agentCard !== undefined || value.server !== undefined, {
  error: "Expected an agentCard or a server.",
});
const A2A_STREAMS = ["message/stream", "tasks/resubscribe"];
const A2A_METHODS = [
  "message/send",
  "tasks/get",
  "tasks/list",
  "tasks/cancel",
  "tasks/pushNotificationConfig/set",
  "tasks/pushNotificationConfig/get",
  "tasks/pushNotificationConfig/list",
  "tasks/pushNotificationConfig/delete",
  "agent/getAuthenticatedExtendedCard",
];
const asyncapiArguments = strict({
  document: resource,
  channel: z.string().optional(),
  operation: z.string().optional(),
  server: strict({ name: z.string(), variables: anyObject.optional() }).optional(),
  protocol: z.string().optional(),
  message: strict({
    payload: z.union([expression, anyObject]).optional(),
    headers: headers.optional(),
  }).optional(),
  subscription: strict({
    filter: expression.optional(),
    consume: strict({
      amount: z.int().min(1, { error: "Expected one or more." }).optional(),
      while: z.string().optional(),
      until: z.string().optional(),
      for: absent(notBuiltYet("A subscription that ends by time", "`timeout` bounds the task.")),
    }).refine(
      ({ amount, while: going, until }) =>
        [amount, going, until].filter((one) => one !== undefined).length === 1,
      { error: "Expected exactly one of amount, while and until." },
    ),
    foreach: anyObject.optional(),
  }).optional(),
  authentication: namedOrOwn.optional(),
})
  .refine((value) => (value.channel === undefined) !== (value.operation === undefined), {
    error: "Expected either a channel or an operation.",
  })
  .refine((value) => (value.message === undefined) !== (value.subscription === undefined), {
    error: "Expected either a message or a subscription.",
  });
const grpcName = z
  .string()
  .regex(/^[\w-]+(?:\.[\w-]+)*$/, { error: "Expected letters, digits, - and inner dots." });
const grpcArguments = strict({
  proto: resource,
  service: strict({
    name: grpcName,
    host: grpcName,
    port: z.int().min(0).max(65535).optional(),
    authentication: namedOrOwn.optional(),
  }),
  method: grpcName,
  arguments: z.union([expression, anyObject]).optional(),
});
const mcpArguments = strict({
  method: z.enum(
    [
      "tools/list",
      "tools/call",
      "prompts/list",
      "prompts/get",
      "resources/list",
      "resources/read",
      "resources/templates/list",
    ],
    { error: "Expected a method of MCP: tools/call, tools/list, prompts/get, resources/read, ..." },
  ),
  parameters: z.union([expression, anyObject]).optional(),
  protocolVersion: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, { error: "Expected a revision of MCP such as 2026-07-28." })
    .optional(),
  timeout: duration.optional(),
  transport: strict({
    http: strict({ endpoint, headers: headers.optional() }).optional(),
    stdio: absent(
      notBuiltYet("The transport `stdio`", "A process is a plugin of the operator; use http."),
    ),
  }).refine((value) => value.http !== undefined || Object.hasOwn(value, "stdio"), {
    error: "Expected http.",
  }),
  client: strict({ name: z.string(), version: z.string() }).optional(),
});
const decideArguments = strict({ table: packPath, input: json });

/** Calls that ask the outside: each is a type of effect, too. */
const effects = {
  http: strict({
    ...base,
    call: z.literal("http"),
    with: httpArguments,
    metadata: httpMetadata.optional(),
  }),
  grpc: strict({ ...base, call: z.literal("grpc"), with: grpcArguments }),
  mcp: strict({ ...base, call: z.literal("mcp"), with: mcpArguments }),
  llm: strict({ ...base, call: z.literal("llm"), with: llmArguments }),
  file: strict({ ...base, call: z.literal("file"), with: fileArguments }),
};

/** The functions that `call` may name, or what to say of them. */
export const calls: Record<string, z.ZodType | UnplacedProblem> = {
  ...effects,
  decide: strict({ ...base, call: z.literal("decide"), with: decideArguments }),
  openapi: strict({ ...base, call: z.literal("openapi"), with: openapiArguments }),
  asyncapi: strict({ ...base, call: z.literal("asyncapi"), with: asyncapiArguments }),
  a2a: strict({ ...base, call: z.literal("a2a"), with: a2aArguments }),
};

/** True for the name of a call that is no function of the workflow's own. */
export const isBuiltIn = (name: string): boolean => Object.hasOwn(calls, name);

/** What a run asks the outside for (TRACE-3): calls, and what the machine asks for by itself. */
export const effectTypes = [
  ...(Object.keys(effects) as (keyof typeof effects)[]),
  "clock",
  "random",
  "timer",
  "emit",
  "event",
] as const;
