// Models (GRANT-13): a question goes to where the operator says that its model is, in the API that is spoken there, as any other
// request: bounded, checked, with a secret that is granted. Its answer is read as it comes, and given whole.
import type { Grant, Provider } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import type { Secrets } from "../../secrets/texts.ts";
import { failed } from "../egress/answer.ts";
import { Bounds } from "../egress/limits.ts";
import type { BoundsOptions } from "../egress/limits.ts";
import { within } from "../egress/deadline.ts";
import { createEgress } from "../egress/egress.ts";
import type { RequestContext, Shared } from "../egress/egress.ts";
import { RequestFailed } from "../egress/failure.ts";
import type { Performed } from "../egress/performed.ts";
import type { HttpRequest } from "../egress/request.ts";
import { throwTrouble } from "../egress/trouble.ts";
import { anthropic } from "./anthropic.ts";
import type { ModelApi } from "./api.ts";
import { openaiChat } from "./openai-chat.ts";
import { openaiResponses } from "./openai-responses.ts";
import type { Question } from "./question.ts";
import { readAnswer } from "./reading.ts";

export interface ModelOptions extends BoundsOptions {
  readonly grant: Grant;
  readonly providers?: Readonly<Record<string, Provider>>;
  readonly secrets?: Secrets;
}

export type AskModel = (question: Question, context: RequestContext) => Promise<Performed>;

export const APIS: Readonly<Record<Provider["api"], ModelApi>> = {
  "openai-chat": openaiChat,
  "openai-responses": openaiResponses,
  anthropic,
};

/** Asks models where the operator says that they are. */
export function createModels(
  options: ModelOptions,
  { guard, redeemed }: Pick<Shared, "guard" | "redeemed">,
): { readonly ask: AskModel } {
  const { grant, providers = {}, secrets = {} } = options;
  const bounds = new Bounds(options);
  return {
    ask: async (question, context) => {
      if (!(grant.models ?? []).includes(question.model)) return denied("the model is not granted");
      const provider = Object.hasOwn(providers, question.model)
        ? providers[question.model]
        : undefined;
      if (provider === undefined) return denied(`no provider is given for ${question.model}`);
      const api = APIS[provider.api];
      const limits = bounds.model(provider.limits);
      const { origin, pathname } = new URL(provider.url.replace(/\/$/, "") + api.path);
      const egress = createEgress(
        {
          grant: {
            http: [{ origin, methods: ["POST"], paths: [pathname] }],
            ...(provider.secret ? { secrets: [{ name: provider.secret, origins: [origin] }] } : {}),
          },
          addresses: { [origin]: origin },
          secrets,
          limits,
          ceiling: bounds.most,
        },
        { ...(guard && { guard }), ...(redeemed && { redeemed }) },
      );
      const { signal } = context;
      const late = new RequestFailed(
        "timeout",
        hostCode.timeout,
        `no answer in ${limits.total} ms`,
      );
      try {
        return await within(limits.total, late, signal, async (stop) => {
          const request = requestOf(question, provider, api, origin + pathname);
          const answer = await egress.open(request, { ...context, signal: stop.signal });
          try {
            return { result: await readAnswer(api, answer, limits.bytes, guard) };
          } finally {
            answer.close();
          }
        });
      } catch (error) {
        signal.throwIfAborted();
        throwTrouble(error);
        return failed(error);
      } finally {
        await egress.close();
      }
    },
  };
}

const denied = (why: string): Performed => ({
  result: { failure: "denied" },
  note: { code: hostCode.noModel, why },
});

/** The request, with its secret where the API wants it. */
function requestOf(
  question: Question,
  provider: Provider,
  api: ModelApi,
  uri: string,
): HttpRequest {
  const { secret, stream, secretHeader = api.secretHeader } = provider;
  const accept = stream === false ? "application/json" : "text/event-stream, application/json";
  return {
    method: "POST",
    uri,
    headers: { ...api.headers(provider), accept },
    body: api.body(question, provider),
    redirect: false,
    responseHeaders: ["content-type"],
    ...(secret !== undefined && secretHeader === undefined
      ? { authentication: { scheme: "bearer", secret } }
      : {}),
    ...(secret !== undefined && secretHeader !== undefined
      ? { secrets: [{ at: `/headers/${secretHeader}`, parts: [{ name: secret, field: "token" }] }] }
      : {}),
  };
}
