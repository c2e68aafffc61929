// call llm (WF-54 to WF-57): a question to a model by the chat completions that most services speak, and
// its answer, whole. The request goes out as any other: bounded, checked, with a secret that is granted.
import type { Grant, Provider } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { createEgress } from "./egress/egress.ts";
import type { RequestContext, Shared } from "./egress/egress.ts";
import { Bounds } from "./egress/bounds.ts";
import type { BoundsOptions } from "./egress/bounds.ts";
import type { Secrets } from "../secrets/texts.ts";
import type { EffectKind } from "./effect.ts";
import type { Performed } from "./egress/performed.ts";

/** TRACE-5: a question as the engine made it. */
export interface Question {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly parameters: Readonly<Record<string, number>>;
  readonly schema?: unknown;
}

export interface ModelOptions extends BoundsOptions {
  readonly grant: Grant;
  readonly providers?: Readonly<Record<string, Provider>>;
  readonly secrets?: Secrets;
}

/** Our names of parameters, and theirs. */
const PARAMETERS: Readonly<Record<string, string>> = {
  maxTokens: "max_tokens",
  seed: "seed",
  temperature: "temperature",
  topP: "top_p",
};
const FINISHES: Readonly<Record<string, string>> = {
  stop: "stop",
  length: "length",
  content_filter: "filter",
};

/** Asks models where the operator says that they are. */
export function createModels(
  options: ModelOptions,
  shared: Pick<Shared, "guard" | "redeemed">,
): {
  readonly ask: (question: Question, context: RequestContext) => Promise<Performed>;
} {
  const { grant, providers = {}, secrets = {} } = options;
  const bounds = new Bounds(options);
  return {
    ask: async (question, context) => {
      const denied = (why: string): Performed => ({
        result: { failure: "denied" },
        note: { code: hostCode.noModel, why },
      });
      if (!(grant.models ?? []).includes(question.model)) return denied("the model is not granted");
      const provider = Object.hasOwn(providers, question.model)
        ? providers[question.model]
        : undefined;
      if (provider === undefined) return denied(`no provider is given for ${question.model}`);
      const { origin, pathname } = new URL(`${provider.url.replace(/\/$/, "")}/chat/completions`);
      const egress = createEgress(
        {
          grant: {
            http: [{ origin, methods: ["POST"], paths: [pathname] }],
            ...(provider.secret ? { secrets: [{ name: provider.secret, origins: [origin] }] } : {}),
          },
          addresses: { [origin]: origin },
          secrets,
          limits: bounds.model(provider.limits),
          ceiling: bounds.most,
        },
        {
          ...(shared.guard && { guard: shared.guard }),
          ...(shared.redeemed && { redeemed: shared.redeemed }),
        },
      );
      try {
        const { result, body, note } = await egress.fetch(
          {
            method: "POST",
            uri: origin + pathname,
            headers: {},
            body: bodyOf(question, provider),
            redirect: false,
            ...(provider.secret
              ? { authentication: { scheme: "bearer", secret: provider.secret } }
              : {}),
          },
          context,
        );
        const found = "failure" in result ? result : answerOf(result.status, body);
        return { result: found, ...(note ? { note } : {}) };
      } finally {
        await egress.close();
      }
    },
  };
}

function bodyOf({ messages, parameters, schema }: Question, { model }: Provider): object {
  return {
    model,
    messages,
    ...Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [PARAMETERS[name] ?? name, value]),
    ),
    ...(schema === undefined
      ? {}
      : {
          response_format: {
            type: "json_schema",
            json_schema: { name: "answer", strict: true, schema },
          },
        }),
  };
}

/** TRACE-6: what of an answer is recorded. */
function answerOf(status: number, body: Uint8Array | undefined): object {
  if (status >= 400) return { status };
  try {
    const { choices, model } = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(body),
    ) as {
      choices: readonly {
        readonly finish_reason: unknown;
        readonly message: { readonly content: unknown };
      }[];
      model: unknown;
    };
    const [choice] = choices;
    const text = choice?.message.content;
    if (status < 300 && typeof text === "string" && typeof model === "string") {
      const reason = String(choice?.finish_reason);
      const finish = Object.hasOwn(FINISHES, reason) ? FINISHES[reason] : "other";
      return { finish, model, text };
    }
  } catch {
    // Not what the service is said to speak.
  }
  return { failure: "protocol" };
}

/** llm: a question to a model (TRACE-5). */
export const llm: EffectKind<{
  readonly ask: (question: Question, context: RequestContext) => Promise<Performed>;
}> = {
  perform: ({ request }, { ask }, context) => ask(request as unknown as Question, context),
  isReadOnly: () => true,
  operation: () => "llm",
};
