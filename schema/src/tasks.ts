// Tasks of the Open Workflow DSL 1.0.3 as far as this version runs them. The engine validates again
// and is the authority (docs/spec/workflow.md); this schema finds the same things earlier, all of
// them at once, and says them better. What the language has and Reach does not run is refused by
// name, with the reason, and never ignored.
//
// A task's kind is the field that it has. The schema of that kind alone is tried: a union would try
// all of them at each level, which takes time that doubles with every level of nesting.
import * as z from "zod";
import { anyObject, json, label, onlyMember, packPath, semver, whyNotPackPath } from "./common.ts";
import { duration, isExpression } from "./duration.ts";
import { problemCode, problemsOf, report, shorten, strict, typeName } from "./problem.ts";
import type { Context, Finding, Path } from "./problem.ts";

export const notBuiltYet = (what: string, hint?: string): Finding => ({
  code: problemCode.notBuiltYet,
  what: `${what}: not built yet.`,
  ...(hint ? { hint } : {}),
});
export const refused = (what: string, why: string): Finding => ({
  code: problemCode.refused,
  what: `${what}: refused.`,
  why,
});

/** A field of the language that must not be there, with what to say if it is. */
export const absent = (finding: Finding): z.ZodOptional<z.ZodType<never>> =>
  z
    .unknown()
    .check((context) => {
      if (context.value !== undefined) report(context, [], finding);
    })
    .meta({ not: {} })
    .optional() as unknown as z.ZodOptional<z.ZodType<never>>;

// ---- What every task may have ------------------------------------------------------------------

const jsonFormat = z
  .string()
  .check((context) => {
    if (context.value === "json") return;
    const what = `The schema format \`${shorten(context.value)}\``;
    report(context, [], refused(what, "Reach validates by JSON Schema 2020-12: `json`."));
  })
  .optional();
/** A file of the pack; what is elsewhere is refused by name. */
export const pinned = (what: string): z.ZodType<string> =>
  z.string().check((context) => {
    const { value } = context;
    const why = /^[a-z][a-z0-9+.-]*:/i.test(value) ? undefined : whyNotPackPath(value);
    if (why)
      report(context, [], {
        code: problemCode.badValue,
        what: `Not a path inside a pack: ${why}.`,
      });
    else if (value.includes(":")) {
      report(context, [], {
        ...refused(
          `${what} from elsewhere`,
          "It may change; a run must come out the same for ever.",
        ),
        hint: "Save it below the workflow's folder, and name it by its path.",
      });
    }
  });

const schemaFile = pinned("A schema");
/** A JSON Schema in the workflow, or a file of the pack by its path. The engine reads what is in it. */
const schema = strict({
  format: jsonFormat,
  document: z.union([anyObject, z.boolean()]).optional(),
  resource: strict({
    name: z.string().optional(),
    endpoint: z.union([schemaFile, strict({ uri: schemaFile })]),
  }).optional(),
})
  .check((context) => {
    const { document, resource } = context.value;
    if (context.issues.length > 0 || (document === undefined) !== (resource === undefined)) return;
    report(context, [], {
      code: problemCode.badValue,
      what: "Expected either a document (the schema itself) or a resource (a file of the pack).",
    });
  })
  .optional();
/** A value that may hold expressions at any depth, or one expression. */
const template = z.union([z.string(), anyObject]);
export const input = strict({ schema, from: template.optional() });
export const output = strict({ schema, as: template.optional() });
const exports = strict({ schema, as: template.optional() });
export const timeoutBody = strict({ after: duration });
/** Itself, or the name of one in `use.timeouts`. */
export const timeout = z.union([z.string(), timeoutBody]);

const base = {
  if: z.string().optional(),
  input: input.optional(),
  output: output.optional(),
  export: exports.optional(),
  timeout: timeout.optional(),
  then: z
    .string()
    .min(1, { error: "Expected the name of a task, continue, exit or end." })
    .optional(),
  metadata: anyObject.optional(),
};

// ---- Errors and retries ------------------------------------------------------------------------

const status = z.union(
  [z.int(), z.string().refine(isExpression, { error: "Expected a number or an expression." })],
  { error: "Expected a whole number." },
);

export const error = strict({
  type: z.string(),
  status,
  instance: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
});

const literal = z
  .string()
  .check((context) => {
    if (!isExpression(context.value)) return;
    report(context, [], {
      ...refused("An expression in `errors.with`", "The language compares values there."),
      hint: "`catch.when` takes expressions.",
    });
  })
  .optional();
const errorFilter = strict({
  type: literal,
  status: z.int().optional(),
  instance: literal,
  title: literal,
  detail: literal,
});

/** The language gives the kinds of backoff no settings of their own. */
const noSettings = strict({});
const backoff = strict({
  constant: noSettings.optional(),
  exponential: noSettings.optional(),
  linear: noSettings.optional(),
}).check((context) => {
  if (context.issues.length === 0 && Object.keys(context.value).length !== 1) {
    report(context, [], {
      code: problemCode.badValue,
      what: "Expected exactly one of constant, linear, exponential.",
    });
  }
});

export const retry = strict({
  when: z.string().optional(),
  exceptWhen: z.string().optional(),
  delay: duration.optional(),
  backoff: backoff.optional(),
  limit: strict({
    attempt: strict({
      count: z.int().min(0, { error: "Expected zero or more." }).optional(),
      duration: duration.optional(),
    }).optional(),
    duration: duration.optional(),
  }).optional(),
  jitter: strict({ from: duration, to: duration }).optional(),
});

// ---- Calls -------------------------------------------------------------------------------------

const useSecret = strict({ use: z.string() });
/** An object of its own, or the name of a secret: told by `use`, so that errors speak of one of them. */
const orSecret = (own: z.ZodType): z.ZodType =>
  z.unknown().check((context) => {
    const { value } = context;
    const isNamed = typeName(value) === "object" && Object.hasOwn(value as object, "use");
    for (const { path, pointer: _, ...finding } of problemsOf(isNamed ? useSecret : own, value)) {
      report(context, path, finding);
    }
  });
const oauthToken = strict({ token: z.string(), type: z.string() });
/** How a host gets a token: what OAuth 2.0 and OpenID Connect have in common. */
export const oidcProperties = {
  authority: z.string(),
  grant: z.string().check((context) => {
    const { value } = context;
    if (isExpression(value) || GRANTS.includes(value)) return;
    report(
      context,
      [],
      value === "authorization_code"
        ? refused("The grant `authorization_code`", "It takes a person with a browser.")
        : {
            code: problemCode.badValue,
            what: "Expected a grant of OAuth 2.0.",
            hint: `There: ${GRANTS.join(", ")}.`,
          },
    );
  }),
  client: strict({
    id: z.string().optional(),
    secret: z.string().optional(),
    assertion: z.string().optional(),
    authentication: z
      .enum(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"], {
        error: "Expected client_secret_basic, client_secret_post, private_key_jwt or none.",
      })
      .optional(),
  }).optional(),
  request: strict({
    encoding: z
      .literal("application/x-www-form-urlencoded", {
        error: "Expected application/x-www-form-urlencoded, as RFC 6749 has it.",
      })
      .optional(),
  }).optional(),
  issuers: z.array(z.string()).optional(),
  scopes: z.array(z.string()).optional(),
  audiences: z.array(z.string()).optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  subject: oauthToken.optional(),
  actor: oauthToken.optional(),
};
const GRANTS = [
  "client_credentials",
  "password",
  "refresh_token",
  "urn:ietf:params:oauth:grant-type:token-exchange",
];
export const oauth2Properties = {
  ...oidcProperties,
  endpoints: strict({
    token: z.string().optional(),
    revocation: z.string().optional(),
    introspection: z.string().optional(),
  }).optional(),
};
/** The same without a word of the workflow around it: what a secret holds. */
export const strictOauth2 = strict(oauth2Properties);
export const strictOidc = strict(oidcProperties);
export type Oauth2 = z.infer<typeof strictOauth2>;
const policies = {
  basic: orSecret(strict({ username: z.string(), password: z.string() })).optional(),
  bearer: orSecret(strict({ token: z.string() })).optional(),
  digest: orSecret(strict({ username: z.string(), password: z.string() })).optional(),
  oauth2: orSecret(strict(oauth2Properties)).optional(),
  oidc: orSecret(strict(oidcProperties)).optional(),
};
/** What `use.authentications` holds. */
export const authentication = strict(policies).refine((value) => Object.keys(value).length === 1, {
  error: "Expected exactly one of basic, bearer, digest, oauth2, oidc.",
});
const namedOrOwn = strict({ ...policies, use: z.string().optional() }).refine(
  (value) => Object.keys(value).length === 1,
  { error: "Expected exactly one of use, basic, bearer, digest, oauth2, oidc." },
);
const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: "Expected a text, a number or a boolean.",
});
const expression = z.string().refine(isExpression, { error: "Expected ${ } or an object." });
const headers = z.union([expression, z.record(z.string(), scalar)]);
const query = z.union([expression, z.record(z.string(), z.union([scalar, z.array(scalar)]))]);
/** Of an answer's headers only those that are named here are recorded (WF-23). */
const responseHeaders = z.array(
  z.string().regex(/^[a-z0-9!._~-]{1,100}$/, { error: "Expected a header's name in lower case." }),
);
const httpMetadata = anyObject.check((context) => {
  if (!Object.hasOwn(context.value, "reach")) return;
  const own = strict({ responseHeaders: responseHeaders.optional() });
  for (const { path, pointer: _, ...finding } of problemsOf(own, context.value["reach"])) {
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
const message = strict({ role: z.string(), content: z.string() });
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
  schema,
  output: z.enum(["content", "response"], { error: "Expected content or response." }).optional(),
})
  .refine((value) => (value.prompt === undefined) !== (value.messages === undefined), {
    error: "Expected either a prompt or messages.",
  })
  .refine((value) => value.system === undefined || value.messages === undefined, {
    error: "`system` stands beside a prompt only.",
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
  subscription: absent(
    notBuiltYet("A subscription", "`listen` takes the events that the operator hands on."),
  ),
  authentication: namedOrOwn.optional(),
})
  .refine((value) => (value.channel === undefined) !== (value.operation === undefined), {
    error: "Expected either a channel or an operation.",
  })
  .refine((value) => value.message !== undefined || Object.hasOwn(value, "subscription"), {
    error: "Expected a message.",
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

/** The functions that `call` may name, or what to say of them. */
const calls: Record<string, z.ZodType | Finding> = {
  http: strict({
    ...base,
    call: z.literal("http"),
    with: httpArguments,
    metadata: httpMetadata.optional(),
  }),
  decide: strict({ ...base, call: z.literal("decide"), with: decideArguments }),
  openapi: strict({ ...base, call: z.literal("openapi"), with: openapiArguments }),
  grpc: strict({ ...base, call: z.literal("grpc"), with: grpcArguments }),
  asyncapi: strict({ ...base, call: z.literal("asyncapi"), with: asyncapiArguments }),
  a2a: strict({ ...base, call: z.literal("a2a"), with: a2aArguments }),
  mcp: strict({ ...base, call: z.literal("mcp"), with: mcpArguments }),
  llm: strict({ ...base, call: z.literal("llm"), with: llmArguments }),
};

const runTask = strict({
  ...base,
  run: strict({
    await: z
      .boolean()
      .check((context) => {
        if (context.value) return;
        const why = "What a workflow does that nobody awaits is in no record.";
        report(context, [], refused("`await: false`", why));
      })
      .optional(),
    /** A workflow is no process: its output, or nothing. */
    return: z
      .enum(["stdout", "none"], { error: "Expected stdout (the workflow's output) or none." })
      .optional(),
    workflow: strict({
      namespace: label,
      name: label,
      version: z
        .union([semver, z.literal("latest")], { error: "Expected 1.2.3 or latest." })
        .optional(),
      input: json.optional(),
    }),
  }),
});
/** What else `run` may start: all of it refused. */
const runs: Record<string, Finding> = {
  shell: refused("`run.shell`", "Reach never starts a shell: nothing could record what it did."),
  script: refused("`run.script`", "Foreign code needs a plugin tier that isolates and meters it."),
  container: refused("`run.container`", "Foreign code needs a plugin tier that isolates it."),
};

// ---- Lists of tasks ----------------------------------------------------------------------------

/** Where `then` may lead beside the tasks of its own list. */
const DIRECTIVES = ["continue", "exit", "end"];

function checkThen(context: Context, path: Path, target: unknown, names: readonly string[]): void {
  if (typeof target !== "string" || target === "") return;
  if (DIRECTIVES.includes(target) || names.includes(target)) return;
  report(context, path, {
    code: problemCode.unknownName,
    what: `\`then\` names no task of the same list: \`${shorten(target)}\`.`,
    hint: `Expected continue, exit, end or one of ${names.join(", ")}.`,
  });
}

/** A list of `- name: task`; what is in a task is checked, but not said by this type. */
export type TaskList = readonly Readonly<Record<string, unknown>>[];

/** The task that a function is. */
export const functionBody: z.ZodType = z
  .unknown()
  .check((context) => checkTask(context, [], context.value, []))
  .meta({ $ref: "#/$defs/task" });

/** Tasks around others. */
const extension = strict({
  extend: z.enum(
    [
      "all",
      "call",
      "composite",
      "emit",
      "for",
      "listen",
      "raise",
      "run",
      "set",
      "switch",
      "try",
      "wait",
    ],
    { error: "Expected all, composite, or a kind of task." },
  ),
  when: z.string().optional(),
  before: z.lazy(() => taskList).optional(),
  after: z.lazy(() => taskList).optional(),
});
/** A list of named extensions. */
export const extensions: z.ZodType<TaskList> = z
  .array(z.unknown())
  .check((context) =>
    checkList(context, context.value, (_, path, value) => {
      for (const { path: below, pointer: _p, ...finding } of problemsOf(extension, value)) {
        report(context, [...path, ...below], finding);
      }
    }),
  )
  .meta({ items: { $ref: "#/$defs/namedExtension" } }) as unknown as z.ZodType<TaskList>;

/** For the JSON Schema of editors (editor.ts), which cannot look into a check. */
const NAMED_TASKS = { items: { $ref: "#/$defs/namedTask" } };
/** An ordered list of named tasks. */
export const taskList: z.ZodType<TaskList> = z
  .array(z.unknown())
  .check((context) => checkList(context, context.value, checkTask))
  .meta(NAMED_TASKS) as unknown as z.ZodType<TaskList>;

/** A branch leads to no other. */
function checkBranch(context: Context, path: Path, task: unknown): void {
  checkTask(context, path, task, []);
}

function checkTask(context: Context, path: Path, task: unknown, names: readonly string[]): void {
  const schema = schemaOf(task);
  if (!(schema instanceof z.ZodType)) return report(context, path, schema);
  for (const { path: below, pointer: _, ...finding } of problemsOf(schema, task)) {
    report(context, [...path, ...below], finding);
  }
  const { then } = task as { then?: unknown };
  checkThen(context, [...path, "then"], then, names);
  const kind = kindOf(task as object);
  if (kind === "switch") checkCases(context, [...path, "switch"], (task as Loose)["switch"], names);
  if (kind === "try") {
    const handler = (task as Loose)["catch"] as { then?: unknown } | null | undefined;
    checkThen(context, [...path, "catch", "then"], handler?.then, names);
  }
}

type Loose = Record<string, unknown>;
type Check = (context: Context, path: Path, value: unknown, names: readonly string[]) => void;

/** Walks a list of `- name: value` and reports names that do not stand alone or come twice. */
function checkList(context: Context, list: readonly unknown[], check: Check): void {
  const names = list.flatMap((item) => onlyMember(item)?.[0] ?? []);
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const member = onlyMember(item);
    if (!member) {
      const several = typeName(item) === "object" && Object.keys(item as object).length > 1;
      report(context, [index], {
        code: problemCode.badValue,
        what: "Expected one name with its definition.",
        hint: several
          ? "Each item of the list holds one name: start the next with its own `-`."
          : "Write `- name: {...}`.",
      });
      continue;
    }
    const [name, value] = member;
    if (seen.has(name)) {
      report(context, [index, name], {
        code: problemCode.duplicateName,
        what: `The name \`${shorten(name)}\` comes twice in one list.`,
      });
    }
    seen.add(name);
    check(context, [index, name], value, names);
  }
}

function checkCases(context: Context, path: Path, cases: unknown, names: readonly string[]): void {
  if (!Array.isArray(cases)) return;
  let defaults = 0;
  for (const [index, item] of cases.entries()) {
    const member = onlyMember(item);
    const value = member?.[1] as { when?: unknown; then?: unknown } | null | undefined;
    if (!member || typeName(value) !== "object") continue;
    checkThen(context, [...path, index, member[0], "then"], value?.then, names);
    if (value?.when !== undefined) continue;
    defaults += 1;
    if (defaults === 2) {
      report(context, [...path, index, member[0]], {
        code: problemCode.badValue,
        what: "A switch has at most one case without `when`.",
      });
    }
  }
}

const switchCase = strict({
  when: z.string().optional(),
  then: z.string().min(1, { error: "Expected the name of a task, continue, exit or end." }),
});

const cases = z
  .array(z.unknown())
  .min(1, { error: "A switch needs at least one case." })
  .check((context) => {
    checkList(context, context.value, (_, path, value) => {
      for (const { path: below, pointer: _, ...finding } of problemsOf(switchCase, value)) {
        report(context, [...path, ...below], finding);
      }
    });
  })
  .meta({ items: { $ref: "#/$defs/case" } });

// ---- Tasks -------------------------------------------------------------------------------------

const setTask = strict({
  ...base,
  set: z.union([
    z.string(),
    anyObject.refine((value) => Object.keys(value).length > 0, { error: "Expected a field." }),
  ]),
});
const switchTask = strict({ ...base, switch: cases });
const raiseTask = strict({ ...base, raise: strict({ error: z.union([z.string(), error]) }) });
const waitTask = strict({ ...base, wait: z.union([expression, duration]) });
/** Context attributes of CloudEvents: names of lower-case letters and digits. */
const attributes = z.record(z.string(), z.unknown()).check((context) => {
  for (const name of Object.keys(context.value)) {
    if (/^(?:[a-z0-9]+|data_base64)$/.test(name)) continue;
    report(context, [name], {
      code: problemCode.badValue,
      what: "An attribute's name is lower-case letters and digits.",
    });
  }
});
const emitTask = strict({
  ...base,
  emit: strict({
    event: strict({
      with: attributes.refine((value) => Object.hasOwn(value, "type"), {
        error: "An event needs a type.",
      }),
    }),
  }),
});

const eventFilter = strict({
  with: attributes.refine((value) => Object.keys(value).length > 0, {
    error: "A filter needs at least one attribute; `any: []` takes all events.",
  }),
  correlate: z.record(z.string(), strict({ from: z.string(), expect: json.optional() })).optional(),
});
const choice = {
  all: z.array(eventFilter).min(1, { error: "Name at least one event." }).optional(),
  any: z.array(eventFilter).optional(),
  one: eventFilter.optional(),
};
const isChoice = (value: object): boolean =>
  ["all", "any", "one"].filter((name) => Object.hasOwn(value, name)).length === 1;
const oneChoice = { error: "Expected exactly one of all, any and one." };
const until = strict(choice)
  .refine(isChoice, oneChoice)
  .refine((value) => value.any?.length !== 0, { error: "Name at least one event." });
const listenTo = strict({
  ...choice,
  until: z.union([z.string(), until]).optional(),
})
  .refine(isChoice, oneChoice)
  .refine((value) => value.until === undefined || value.any !== undefined, {
    error: "`until` stands beside `any` only.",
  });
/** When a host starts runs. */
export const schedule = strict({
  every: duration.optional(),
  cron: z
    .string()
    .regex(/^\s*[\w*,/-]+(?:\s+[\w*,/-]+){4}\s*$/, {
      error: "Expected five fields: minute hour day month weekday.",
    })
    .optional(),
  after: duration.optional(),
  on: listenTo.optional(),
  read: z
    .enum(["data", "envelope", "raw"], { error: "Expected data, envelope or raw." })
    .optional(),
})
  .refine((value) => Object.keys(value).length > 0, { error: "Expected every, cron, after or on." })
  .refine((value) => value.read === undefined || value.on !== undefined, {
    error: "`read` stands beside `on` only.",
  });
const listenTask = strict({
  ...base,
  listen: strict({
    to: listenTo,
    read: z
      .enum(["data", "envelope", "raw"], { error: "Expected data, envelope or raw." })
      .optional(),
  }),
  foreach: strict({
    item: z.string().optional(),
    at: z.string().optional(),
    do: taskList.optional(),
    output: output.optional(),
    export: exports.optional(),
  }).optional(),
});
const doTask = strict({ ...base, do: taskList });
const forTask = strict({
  ...base,
  for: strict({
    each: z.string().optional(),
    in: z.union([z.string(), z.array(z.unknown())]),
    at: z.string().optional(),
  }),
  while: z.string().optional(),
  do: taskList,
});
const forkTask = strict({
  ...base,
  fork: strict({
    branches: z
      .array(z.unknown())
      .min(1, { error: "A fork needs at least one branch." })
      .check((context) => checkList(context, context.value, checkBranch))
      .meta(NAMED_TASKS),
    compete: z.boolean().optional(),
  }),
});
const tryTask = strict({
  ...base,
  try: taskList,
  catch: strict({
    errors: strict({ with: errorFilter.optional() }).optional(),
    as: z.string().optional(),
    when: z.string().optional(),
    exceptWhen: z.string().optional(),
    retry: z.union([z.string(), retry]).optional(),
    do: taskList.optional(),
    then: z.string().optional(),
  }),
});

/** The field that makes a task what it is; `for` and `try` come before `do`. */
const kinds: Record<string, z.ZodType | Finding> = {
  for: forTask,
  try: tryTask,
  do: doTask,
  set: setTask,
  switch: switchTask,
  raise: raiseTask,
  fork: forkTask,
  emit: emitTask,
  listen: listenTask,
  wait: waitTask,
};

const kindOf = (task: object): string | undefined =>
  ["call", "run", ...Object.keys(kinds)].find((kind) => Object.hasOwn(task, kind));

function schemaOf(task: unknown): z.ZodType | Finding {
  if (typeName(task) !== "object") {
    return {
      code: problemCode.wrongType,
      what: `Expected a task (an object), found ${typeName(task)}.`,
      hint: "A task holds one of call, do, emit, for, fork, listen, raise, run, set, switch, try, wait.",
    };
  }
  const fields = task as Loose;
  const kind = kindOf(fields);
  if (kind === "call") return callOf(fields["call"]);
  if (kind === "run") {
    const how = typeName(fields["run"]) === "object" ? Object.keys(fields["run"] as object) : [];
    const known = Object.keys(runs).find((name) => how.includes(name));
    return (known === undefined ? undefined : runs[known]) ?? runTask;
  }
  return (
    (kind === undefined ? undefined : kinds[kind]) ?? {
      code: problemCode.missing,
      what: "This task does nothing that Reach knows.",
      hint: "A task holds one of call, do, emit, for, fork, listen, raise, run, set, switch, try, wait.",
    }
  );
}

/** A call of a function: of `use.functions`, of a catalog, or by its URI. */
const functionTask = strict({
  ...base,
  call: z.string().meta({ not: { enum: Object.keys(calls) } }),
  with: anyObject.optional(),
});

function callOf(name: unknown): z.ZodType | Finding {
  if (typeof name !== "string") {
    return { code: problemCode.wrongType, what: "`call` names a function: expected a string." };
  }
  if (Object.hasOwn(calls, name)) return calls[name] as z.ZodType | Finding;
  return functionTask;
}

/** Every kind of task, and what stands in a list of its own: for the JSON Schema of editors. */
export const parts: Readonly<Record<string, z.ZodType>> = {
  ...Object.fromEntries(
    [...Object.entries(kinds), ...Object.entries(calls)].flatMap(([name, schema]) =>
      schema instanceof z.ZodType ? [[name, schema]] : [],
    ),
  ),
  run: runTask,
  function: functionTask,
};
export { switchCase, extension };
